# The client: each part alone, and the program in a pipe and on a terminal
# against a server that misbehaves on request.
EXTRA_DIST += tests/client_fake.py
dist_check_SCRIPTS += tests/client_pipe.py tests/client_prompt.py

if TESTS_ON
TESTS += tests/client_pipe.py tests/client_prompt.py
endif
