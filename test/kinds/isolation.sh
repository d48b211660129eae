# shellcheck shell=bash disable=SC2034,SC2154 # it shares variables with test/run
#
# isolation: sessions whose steps are interleaved as a spec says.

isolation_files='test/specs/*.spec'

run_isolation()
{
	as_user make -s installcheck PG_CONFIG="$pg_config" REGRESS= ISOLATION="$(names_of "$@")"
}

show_isolation() { show_pg_regress; }
count_isolation() { count_pg_regress "$1"; }
explain_isolation() { explain_pg_regress test/out_isolation "$1"; }
