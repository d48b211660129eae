# shellcheck shell=bash disable=SC2034,SC2154 # it shares variables with test/run
#
# unit: programs in C that need no server and print TAP.  What one links is
# named in its own comment; one that does not compile is a failed test.

unit_files='test/unit/*.c'

run_unit()
{
	local file program sources programs=() options=(
		-g -O1 -Wall -Wextra -Wno-unused-parameter -Werror
		-ffunction-sections '-Wl,--gc-sections' # drop what is not called: it may need a server
		-D_GNU_SOURCE -DSIMPLEBANK_VERSION='"unit"'
		-Isrc -I"$("$pg_config" --includedir-server)"
		-L"$("$pg_config" --pkglibdir)" -L"$("$pg_config" --libdir)"
	)
	for file; do
		program=test/out/unit/$(basename "$file" .c)
		programs+=("$program")
		sources=$(sed -n 's,^/\* link: \(.*\) \*/,\1,p' "$file")
		# shellcheck disable=SC2086 # $sources is a list of files
		if ! as_user gcc "${options[@]}" -c -o "$program.o" "$file" ||
			! as_user gcc "${options[@]}" "${compiling[@]}" -o "$program" "$program.o" $sources \
				-lpgcommon -lpgport; then
			printf '#!/bin/sh\necho 1..1; echo not ok 1 - compiles\n' |
				as_user tee "$program" >/dev/null
			as_user chmod +x "$program"
		fi
	done
	as_user prove -f -o -e '' "${programs[@]}"
}

count_unit() { count_prove "$1"; }
