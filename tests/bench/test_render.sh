#!/bin/sh
# The HTML reports in a real browser, light and dark: it must draw something,
# in both schemes something else, and have nothing to complain about. Without
# a browser there is nothing to test, and it says so.
#
# Run by `make check` in the build folder. RENDER_KEEP=DIR keeps the pictures.
# ALREADY_TRIED in the environment: another build has drawn the same.

if [ -n "${ALREADY_TRIED:-}" ]; then
	echo "SKIP: the same for every build, and tried in another"
	exit 77
fi

render=${RENDER:-./bench_render_report}
browser=
for name in chromium chromium-browser google-chrome chrome; do
	if command -v "$name" >/dev/null 2>&1; then
		browser=$name
		break
	fi
done
if [ -z "$browser" ]; then
	echo "SKIP: no chromium or chrome to render the report with"
	exit 77
fi
if [ ! -x "$render" ]; then
	echo "FAIL: $render is not there"
	exit 1
fi

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failed=0

fail()
{
	echo "FAIL: $*"
	failed=1
}

# shot KIND SCHEME (0 dark, 1 light): a picture of a report.
shot()
{
	mkdir "$work/profile"
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu \
	    --disable-quic --no-first-run --disable-background-networking \
	    --disable-component-update --disable-sync --hide-scrollbars \
	    --user-data-dir="$work/profile" --enable-logging=stderr \
	    --blink-settings=preferredColorScheme="$2" \
	    --window-size=1040,4200 --screenshot="$work/$1-$2.png" \
	    "file://$work/$1.html" > "$work/log" 2>&1 </dev/null
	status=$?
	rm -rf "$work/profile"
	if [ $status -ne 0 ] || [ ! -s "$work/$1-$2.png" ]; then
		# A browser that cannot start here says nothing about the page.
		tail -n 5 "$work/log"
		echo "SKIP: $browser could not take a picture ($status)"
		exit 77
	fi
	if grep -q CONSOLE "$work/log"; then
		grep CONSOLE "$work/log"
		fail "$1: the browser complains"
	fi
}

for kind in compare connections load lossy hostile empty; do
	"$render" "$kind" html > "$work/$kind.html" ||
	    fail "$kind: could not be written"
	shot "$kind" 1
	shot "$kind" 0
	cmp -s "$work/$kind-0.png" "$work/$kind-1.png" &&
	    fail "$kind: light and dark are the same"
done

# PNG packs a blank page to next to nothing; the empty report is the measure
# of a page with a line of text. Charts and tables need many times as much.
least=$(($(wc -c < "$work/empty-1.png") * 5))
for kind in compare connections load lossy; do
	size=$(wc -c < "$work/$kind-1.png")
	echo "$kind: $size bytes of picture"
	[ "$size" -gt "$least" ] || fail "$kind: the picture is blank"
done

# The test of the test: a page that complains must be found out.
echo '<script>console.error("complaint")</script>' > "$work/bad.html"
before=$failed
failed=0
shot bad 1 > /dev/null
if [ $failed -eq 0 ]; then
	echo "FAIL: a complaint on the console went unnoticed"
	before=1
fi
failed=$before

if [ -n "$RENDER_KEEP" ]; then
	cp "$work"/*.png "$work"/*.html "$RENDER_KEEP"
fi
exit $failed
