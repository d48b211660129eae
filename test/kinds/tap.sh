# shellcheck shell=bash disable=SC2034,SC2154 # it shares variables with test/run
#
# tap: Perl programs with servers of their own.

tap_files='test/t/*.pl'

run_tap()
{
	local hang
	# its signal handlers see the real clock while the process waits
	if [ -n "${FAKETIME:-}" ] && hang=$(grep -lE '(lock|statement)_timeout' "$@"); then
		echo 'Under libfaketime a time-out of the server does not end a wait; these would hang:'
		echo "$hang"
		return 1
	fi
	# of other sources than Debian's, nodejs brings its npm
	command -v npm >/dev/null || need npm
	need curl "postgresql-$pg_major-wal2json" python3-pika python3-psycopg2 \
		erlang-base erlang-{crypto,eldap,inets,mnesia,os-mon,parsetools,public-key,runtime-tools,ssl,syntax-tools,tools,xmerl}
	borrow prometheus prometheus-sql-exporter rabbitmq-server
	export RABBITMQ_LIB=$work/tools/usr/lib/rabbitmq/lib
	with_clusters prove -j "$(nproc)" "$@"
}

# as PostgreSQL's own "make installcheck" calls TAP tests
with_clusters()
{
	local pgxs_test tap=$PWD/test/out/tap
	pgxs_test=$(dirname "$("$pg_config" --pgxs)")/../test
	mount_small_disk
	as_user env -u PGHOST -u PGUSER -u PGDATABASE PGPORT=65432 COPT="${compiling[*]}" \
		TESTDIR="$tap" TESTDATADIR="$tap/tmp_check" TESTLOGDIR="$tap/tmp_check/log" \
		top_builddir="$tap" PG_REGRESS="$pgxs_test/regress/pg_regress" \
		PERL5LIB="$pgxs_test/perl:$PWD/test/t/lib:$PWD/test/lib" \
		"$@"
}

# A disk that a test can fill; where none can be mounted, that test says so.
mount_small_disk()
{
	as_user mkdir "$work/small"
	if as_root mount -t tmpfs -o "size=112m,mode=0700,uid=$(id -u "$server_user")" \
		simplebank "$work/small" 2>"$work/log.mount"; then
		export SIMPLEBANK_SMALL_DISK=$work/small
	fi
}

unmount_small_disk()
{
	! mountpoint -q "$work/small" || as_root umount "$work/small"
}

count_tap() { count_prove "$1"; }

explain_tap()
{
	local test
	sed -n 's,^test/t/\(.*\)\.pl  *(Wstat:.*,\1,p' "$1" | while read -r test; do
		printf '\n-- the end of the log of %s\n' "$test"
		tail -n 30 "test/out/tap/tmp_check/log/regress_log_$test" || true
	done
}
