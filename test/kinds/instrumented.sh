# shellcheck shell=bash disable=SC2034,SC2154 # it shares variables with test/run
#
# --coverage and --sanitize: the same tests with a library that counts its
# lines, or reports undefined behaviour.

instrumented=0

compile_for_coverage()
{
	coverage=1
	instrumented=1
	compiling=(--coverage -O0 -U_FORTIFY_SOURCE)
}

compile_for_sanitize()
{
	instrumented=1
	# also overflows that the server's own flags would define
	compiling=(-fsanitize=undefined -fsanitize=float-cast-overflow -fno-wrapv)
	# it reads its server's log for reports
	tap_files='test/t/fuzz.pl'
}

# Processes write their counts when they end.
report_coverage()
{
	local file line
	heading coverage
	as_user pg_ctl -D "$work/data" -s -m fast -w stop
	# the filter: lcov 1.16 and a newer Perl
	as_user lcov -q -c -d . --include "$PWD/src/*" -o test/out/lcov 2>&1 |
		{ grep -v ' redefined at ' || true; }
	as_user lcov -q --list test/out/lcov
	echo 'Lines that have not run:'
	# some files are also linked into unit tests
	awk -F '[:,]' '/^SF:/ { file = $2 } /^DA:/ { runs[file " " $2] += $3 }
		END { for (line in runs) if (!runs[line]) print line }' test/out/lcov | sort -k 1,1 -k 2n |
		while read -r file line; do
			echo "${file#"$PWD/"}:$line: $(sed -n "${line}p" "$file")"
		done
}

# Nobody shall be left with an instrumented library.
leave_plain_library()
{
	[ $instrumented = 1 ] || return 0
	as_user make -C "$work/tree" -s clean PG_CONFIG="$pg_config" >/dev/null
	cd "$work/tree" && build && install_extension
	cd /
}
