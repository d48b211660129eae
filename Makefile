# simplebank: a bank's core in PostgreSQL.  `make help` lists what there is to make.

# The version stands in the control file alone.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" simplebank.control)

# The install script is these parts of sql/, in this order.
SQL_PARTS = schema error call audit currency currency_data ledger account account_details transfer submit hold reference batch journal preview exchange reversal idempotency \
	balance statement search calendar clock job scheduler standing_order request settlement settlement_member settlement_job stats day interest interest_job monthly_statement erased_page erasure log consumer seal verify report health metrics import gateway replication openapi role privilege

EXTENSION = simplebank
MODULE_big = simplebank
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
# Whole scripts and upgrade scripts of released versions, but for the version that is built.
DATA = $(sort $(filter-out sql/$(DATA_built),$(wildcard sql/simplebank--*.sql)))
DOCS = sql/operations/monitoring/sql_exporter.yml sql/operations/monitoring/alerts.yml sql/operations/relay/simplebank-relay sql/operations/relay/simplebank-relay.service
DATA_built = simplebank--$(EXTVERSION).sql
EXTRA_CLEAN = $(wildcard simplebank--*.sql) test/out test/out_isolation

PG_CPPFLAGS = -Isrc -DSIMPLEBANK_VERSION='"$(EXTVERSION)"'
# fmgr's calling convention leaves parameters unused
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter

# pg_regress looks for tests in <outputdir>/sql first, so that the top level,
# where sql/ holds the install script, must not be the output directory.
REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --outputdir=test/out
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --outputdir=test/out_isolation

# A bare machine has no PostgreSQL yet; `make demo` and `make test` install it.
PG_CONFIG = pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
else
all install uninstall installcheck clean:
	@echo 'PostgreSQL'\''s server headers are missing: install postgresql-server-dev-15,' >&2
	@echo 'or name another installation, as in: make PG_CONFIG=/path/to/pg_config' >&2
	@exit 1
endif

.DEFAULT_GOAL := all

$(OBJS) $(OBJS:.o=.bc): $(wildcard src/*/*.h) simplebank.control Makefile

# A released version stays what it is.
$(DATA_built): $(SQL_PARTS:%=sql/%.sql) $(wildcard sql/$(DATA_built)) simplebank.control Makefile
	@{ printf '%s\n' '\echo Use "CREATE EXTENSION simplebank" to load this file. \quit' && \
	   awk 'FNR == 1 { print "" } { print }' $(SQL_PARTS:%=sql/%.sql); } > $@.tmp
	@[ ! -e sql/$@ ] || cmp -s sql/$@ $@.tmp || \
		{ echo 'Version $(EXTVERSION) is released, and the parts in sql/ differ from it:' \
			'give simplebank.control the next version and write sql/simplebank--$(EXTVERSION)--<next>.sql.' >&2; exit 1; }
	@mv $@.tmp $@

.PHONY: test soak demo demo-stop bench lint coverage sanitize release help

# MOMENT and ZONE reach it as variables of the environment.
TEST_ARGS = $(if $(TESTS),--tests "$(TESTS)") $(ONLY)

test:
	@bash test/run $(TEST_ARGS)

soak:
	@bash test/run --soak $(if $(SECONDS),--duration $(SECONDS)) $(ARGS)

coverage:
	@bash test/run --coverage $(TEST_ARGS)

sanitize:
	@bash test/run --sanitize $(TEST_ARGS)

lint:
	@bash test/lint

bench:
	@bash test/bench/run

release:
	@bash test/release

demo:
	@bash test/demo/run

demo-stop:
	@bash test/demo/stop

help:
	@echo 'make               build the extension (PG_CONFIG=... chooses the PostgreSQL)'
	@echo 'make install       install it'
	@echo 'make installcheck  run the SQL tests on a running server'
	@echo 'make demo          a day of a bank on a private server; make demo-stop ends it'
	@echo 'make test          all tests on private servers; test/README.md has more'
	@echo '                   ONLY="regress tap"    these kinds of unit regress isolation pgtap tap dates'
	@echo '                   TESTS="day job"       the tests of these names'
	@echo '                   MOMENT="2028-02-29 23:59:30" ZONE=Pacific/Auckland   then and there'
	@echo 'make soak          clients under faults for ten minutes (SECONDS=60, ARGS=--help)'
	@echo 'make lint          format, static checks, warnings as errors'
	@echo 'make coverage      all tests, then how much of src/ they ran'
	@echo 'make sanitize      tests with a sanitizer for undefined behaviour'
	@echo 'make bench         benchmarks on a private server'
	@echo 'make release       freezes the version of simplebank.control'
	@echo 'demo, test, soak, lint, coverage, sanitize and bench install the packages they miss.'
