# shellcheck shell=bash
#
# What the output of pg_regress and of prove means.

show_pg_regress() { sed -un '/^test \|^ok \|^not ok \|tests\? \(passed\|failed\)/p'; }

# pg_regress says "All 5 tests passed" or "2 of 5 tests failed".
count_pg_regress()
{
	sed -n 's/.*All \([0-9]*\) tests passed.*/\1 0/p
		s/.*\b\([0-9][0-9]*\) of \([0-9]*\) tests failed.*/\2 \1/p' "$1" |
		awk '{ ok += $1 - $2; not_ok += $2; found = 1 } END { if (!found) not_ok = 1; print ok + 0, not_ok + 0 }'
}

explain_pg_regress()
{
	if [ -s "$1/regression.diffs" ]; then cat "$1/regression.diffs"; else cat "$2"; fi
}

# prove names in its summary each file with failed tests, an exit status or a
# broken plan; the last two count as one failed test.
count_prove()
{
	awk '
		/\(Wstat: .*Tests: [0-9]+ Failed: [0-9]+\)$/ {
			count = $NF + 0
			not_ok += count
			broken = count == 0
			if (broken && !/\(Wstat: 0 /) { extra++; broken = 0 }
		}
		/^  Parse errors:/ && broken { extra++; broken = 0 }
		/^Files=/ { sub(/.*Tests=/, ""); total = $0 + 0 }
		END { print total - not_ok, not_ok + extra }' "$1"
}
