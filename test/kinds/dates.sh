# shellcheck shell=bash disable=SC2034,SC2154 # it shares variables with test/run
#
# dates: the SQL tests and the specs once more, on servers whose clock stands
# at a moment that is hard on dates.  It says which one it has drawn; MOMENT
# and ZONE repeat it:
#
#   make test ONLY=dates MOMENT='2028-02-29 23:59:30' ZONE=Pacific/Auckland
#
# With MOMENT all other kinds run at that moment too.  It is a time of ZONE,
# which is UTC unless said otherwise, or of the zone that it names itself.

dates_files='test/sql/*.sql test/specs/*.spec'

# Ends of months and years, leap days, the changes of daylight saving in
# America (pg_regress works in its Pacific time) and New Zealand.
hard_days=(
	2027-02-28 2028-02-29 2027-12-31 2028-04-30 2030-07-01
	2027-03-14 2027-11-07 2027-04-04 2027-09-26
)
hard_times=(00:00:01 03:30:00 12:00:00 19:45:00 23:59:30)
hard_zones=(UTC Pacific/Auckland America/Los_Angeles)

one_of()
{
	shift $((RANDOM % $#))
	printf '%s' "$1"
}

# From here on the clock of whatever is started stands at MOMENT, and goes on.
# The server waits by the other clock, which only counts.
move_clock()
{
	local library offset
	TZ=$2 date -d "$1" >/dev/null || die "\"$1\" is no time."
	library=$(find /usr/lib -path '*/faketime/libfaketime.so.1' | head -n 1)
	[ -n "$library" ] || die 'libfaketime is missing.'
	offset=$(($(TZ=$2 date -d "$1" +%s) - $(date +%s)))
	export TZ=$2 LD_PRELOAD=$library FAKETIME_DONT_FAKE_MONOTONIC=1
	FAKETIME=$(printf '%+d' "$offset")
	export FAKETIME
	echo "The clock stands at $1, zone $2."
}

run_dates()
{
	local file sql=() specs=() isolation status=0
	for file; do
		case $file in
			# under libfaketime a time-out of the server does not end a wait, and the job of requests has one
			*/enqueued.spec) echo "Left out: $file waits for a lock_timeout, which the moved clock does not end." ;;
			*.spec) specs+=("$file") ;;
			*) sql+=("$file") ;;
		esac
	done
	[ -n "${MOMENT:-}" ] ||
		move_clock "$(one_of "${hard_days[@]}") $(one_of "${hard_times[@]}")" "$(one_of "${hard_zones[@]}")"

	on_moved_server isolation "${specs[@]}" >"$work/log.dates.isolation" 2>&1 &
	isolation=$!
	on_moved_server regress "${sql[@]}" || status=$?
	wait "$isolation" || status=$?
	cat "$work/log.dates.isolation"
	return "$status"
}

# In a subshell, so that the tests after this one find their own server.  It
# has loaded the library and pg_cron, unlike that of regress and isolation.
on_moved_server()
(
	kind=$1
	shift
	[ $# -gt 0 ] || exit 0
	work=$work/$kind
	as_user mkdir "$work" "$work/socket"
	start_server <<-CONF
		fsync = off
		shared_preload_libraries = 'pg_cron, simplebank'
		cron.database_name = contrib_regression
	CONF
	status=0
	"run_$kind" "$@" || status=$?
	as_user pg_ctl -D "$work/data" -s -m fast -w stop
	exit "$status"
)

show_dates() { sed -un '/^The clock\|^Left out/p; /^test \|^ok \|^not ok \|tests\? \(passed\|failed\)/p'; }
count_dates() { count_pg_regress "$1"; }

explain_dates()
{
	find test/out test/out_isolation -name regression.diffs -size +0 -exec cat {} +
	! grep -v '^test ' "$1" | grep -qi 'error\|did not' || cat "$1"
}
