# shellcheck shell=bash disable=SC2034,SC2154 # it shares variables with test/run
#
# soak: clients under faults for as long as is asked for, by test/soak.

run_soak()
{
	finished=1
	need "${base_packages[@]}"
	stage simplebank
	as_user mkdir -p test/out/tap
	heading build
	build_and_install
	heading soak
	with_clusters test/soak "$@"
}
