# shellcheck shell=bash disable=SC2034,SC2154 # it shares variables with test/run
#
# regress: SQL files whose output must be that in test/expected/.

regress_files='test/sql/*.sql'

run_regress()
{
	as_user make -s installcheck PG_CONFIG="$pg_config" ISOLATION= REGRESS="$(names_of "$@")"
}

show_regress() { show_pg_regress; }
count_regress() { count_pg_regress "$1"; }
explain_regress() { explain_pg_regress test/out "$1"; }
