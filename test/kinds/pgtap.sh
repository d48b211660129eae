# shellcheck shell=bash disable=SC2034,SC2154 # it shares variables with test/run
#
# pgtap: what the catalog must say of the extension's objects.

pgtap_files='test/pgtap/*.sql'

run_pgtap()
{
	as_user psql -X -q -c 'DROP DATABASE IF EXISTS pgtap' -c 'CREATE DATABASE pgtap' 2>/dev/null &&
		as_user psql -X -q -d pgtap -c 'CREATE EXTENSION pgtap SCHEMA public' \
			-c 'CREATE EXTENSION simplebank' &&
		as_user pg_prove -f -o -d pgtap "$@"
}

count_pgtap() { count_prove "$1"; }
