# Every function declared in a header has a docstring directly above it that
# begins with "name(argument, argument):" and says "Thread:", unless the
# comment at the top of the header says it for all of them.

function complain(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text
	bad++
}

# The last identifier of a parameter is its name.
function parameter(text) {
	if (match(text, /\(\*[a-z_0-9]+\)/))
		return substr(text, RSTART + 2, RLENGTH - 3)
	sub(/\[[^]]*\][ ]*$/, "", text)
	if (match(text, /[A-Za-z_0-9.]+[ ]*$/)) {
		text = substr(text, RSTART, RLENGTH)
		sub(/ +$/, "", text)
		return text
	}
	return text
}

# "type name(parameters)" to "name(parameter names)".
function signature(text,    name, inside, i, depth, c, one, out) {
	i = index(text, "(")
	name = substr(text, 1, i - 1)
	match(name, /[A-Za-z_0-9]+ *$/)
	name = substr(name, RSTART, RLENGTH)
	sub(/ +$/, "", name)
	depth = 1
	one = out = ""
	for (i++; i <= length(text) && depth > 0; i++) {
		c = substr(text, i, 1)
		if (c == "(") depth++
		if (c == ")") depth--
		if (depth == 0 || (c == "," && depth == 1)) {
			one = parameter(one)
			out = out (out == "" ? "" : ", ") one
			one = ""
		} else
			one = one c
	}
	return name "(" (out == "void" ? "" : out) ")"
}

function declaration(text,    want) {
	gsub(/[ \t\n]+/, " ", text)
	sub(/^ /, "", text)
	if (text !~ /\(/ || text ~ /^typedef / || text ~ /^(struct|enum|union) [a-z_0-9]+ \{/)
		return
	if (text ~ /^[A-Z_]+\(/) # a macro that declares, such as TAILQ_HEAD
		return
	if (text ~ /^static_assert|^_Static_assert|^extern "C"/)
		return
	want = signature(text)
	functions++
	if (doc == "")
		complain(want " has no docstring")
	else if (index(doc, " " want ":") == 0 &&
	    index(doc, " " substr(want, 1, length(want) - 1) "void):") == 0)
		complain("the docstring does not begin with " want ":")
	else if (doc !~ /Thread: / && !for_all)
		complain(want " does not say which thread: no \"Thread: \"")
}

FNR == 1 { comment = 0; doc = text = ""; depth = for_all = 0; at_top = 1 }
at_top && /^#/ { at_top = 0; for_all = (doc ~ /Thread: /) }

# Comments: the docstring is the last one before a declaration.
comment {
	gsub(/^[ \t]*\*?[ \t]*/, "")
	line = $0
	if (line ~ /\*?\/$/ && line ~ /(^|\*)\/$/) {
		comment = 0
		sub(/\*?\/$/, "", line)
	}
	if (is_doc) doc = doc " " line
	if (!comment && is_doc) { gsub(/[ \t]+/, " ", doc) }
	next
}
/^[ \t]*\/\*/ {
	is_doc = ($0 ~ /^\/\*\*/)
	if (is_doc) doc = ""
	if ($0 !~ /\*\//) comment = 1
	else if (is_doc) { doc = " " $0; sub(/\*\/.*/, "", doc); sub(/\/\*\*/, "", doc) }
	next
}
macro || /^[ \t]*#/ { macro = ($0 ~ /\\$/); next }
{
	line = $0
	gsub(/\/\*[^*]*\*\//, "", line)
	if (line ~ /^extern "C" \{/ || (line ~ /^\}/ && depth == 0)) next
	if (text == "" && line ~ /^[ \t]*$/) next
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (c == "{") {
			if (depth++ == 0 && text ~ /\)[ \t\n]*$/) {
				declaration(text); text = ""; doc = ""
			}
			continue
		}
		if (c == "}") { if (--depth == 0 && text !~ /[^ \t\n]/) text = ""; continue }
		if (depth > 0) continue
		if (c == ";") { declaration(text); text = ""; doc = ""; continue }
		text = text c
	}
	if (text != "") text = text " "
}
END {
	printf "%d functions in headers, %d complaints\n", functions, bad
	exit (bad > 0)
}
