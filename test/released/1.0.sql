--
-- PostgreSQL database dump
--


-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Data for Name: account_events; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.account_events (id, account_id, event, version, hold_id, role, created_at, reason, before, after) FROM stdin;
1	1	opened	0	\N	postgres	2026-11-25 17:39:43.618407+00	\N	\N	{"kind": "liability", "owner": "alice", "currency": "USD", "min_balance": 0}
2	2	opened	0	\N	postgres	2026-11-25 17:39:43.618875+00	\N	\N	{"kind": "liability", "owner": "bob", "currency": "USD", "min_balance": 0}
3	3	opened	0	\N	postgres	2026-11-25 17:39:43.619056+00	\N	\N	{"kind": "liability", "owner": "carol", "currency": "USD", "min_balance": 0}
4	4	opened	0	\N	postgres	2026-11-25 17:39:43.619879+00	\N	\N	{"kind": "liability", "name": "points", "owner": "alice", "currency": "POINTS", "max_balance": 500, "min_balance": 0}
5	5	opened	0	\N	postgres	2026-11-25 17:39:43.620757+00	\N	\N	{"kind": "asset", "name": "cash", "currency": "USD"}
6	6	opened	0	\N	postgres	2026-11-25 17:39:43.622469+00	\N	\N	{"kind": "asset", "name": "cash", "currency": "POINTS"}
7	2	limits	51	\N	postgres	2026-11-25 17:39:43.632877+00	a reserve	{"min_balance": 0}	{"max_balance": 5000, "min_balance": 100}
8	3	closed	0	\N	postgres	2026-11-25 17:39:43.633671+00	moved	{"status": "active"}	{"status": "closed"}
9	1	hold_placed	52	1	postgres	2026-11-25 17:39:43.634418+00	\N	{"held": 0, "available": 750}	{"held": 40, "available": 710}
10	1	hold_captured	53	1	postgres	2026-11-25 17:39:43.63509+00	\N	{"held": 40, "available": 710}	{"held": 30, "available": 710}
11	7	opened	0	\N	postgres	2026-11-25 17:39:43.639087+00	\N	\N	{"kind": "liability", "owner": "north", "currency": "USD", "min_balance": 0}
12	8	opened	0	\N	postgres	2026-11-25 17:39:43.639245+00	\N	\N	{"kind": "liability", "owner": "south", "currency": "USD", "min_balance": 0}
13	9	opened	0	\N	postgres	2026-11-25 17:39:43.640053+00	\N	\N	{"kind": "liability", "name": "clearing wire/north", "currency": "USD"}
14	9	status	0	\N	postgres	2026-11-25 17:39:43.640623+00	clearing account	{"status": "active"}	{"status": "frozen"}
15	10	opened	0	\N	postgres	2026-11-25 17:39:43.640985+00	\N	\N	{"kind": "liability", "name": "clearing wire/south", "currency": "USD"}
16	10	status	0	\N	postgres	2026-11-25 17:39:43.64111+00	clearing account	{"status": "active"}	{"status": "frozen"}
17	1	interest	56	\N	postgres	2026-11-25 17:39:43.652491+00	\N	\N	{"day_count": "ACT/365F", "valid_from": "2020-01-01", "annual_rate": 0.5, "overdraft_rate": 0}
18	11	opened	0	\N	postgres	2026-11-25 17:39:43.720106+00	\N	\N	{"kind": "liability", "owner": "erin", "currency": "CHF", "min_balance": 0}
19	12	opened	0	\N	postgres	2026-11-25 17:39:43.720365+00	\N	\N	{"kind": "liability", "owner": "frank", "currency": "CHF", "min_balance": 0}
20	13	opened	0	\N	postgres	2026-11-25 17:39:43.720625+00	\N	\N	{"kind": "liability", "owner": "grace", "currency": "JPY", "min_balance": 0}
21	14	opened	0	\N	postgres	2026-11-25 17:39:43.72094+00	\N	\N	{"kind": "asset", "name": "cash", "currency": "CHF"}
22	14	stripes	0	\N	postgres	2026-11-25 17:39:43.721337+00	\N	{}	{"stripes": 4}
23	15	opened	0	\N	postgres	2026-11-25 17:39:43.723271+00	\N	\N	{"kind": "income", "name": "fees", "currency": "CHF"}
24	16	opened	0	\N	postgres	2026-11-25 17:39:43.724467+00	\N	\N	{"kind": "equity", "name": "fx", "currency": "CHF"}
25	17	opened	0	\N	postgres	2026-11-25 17:39:43.72451+00	\N	\N	{"kind": "equity", "name": "fx", "currency": "JPY"}
26	11	hold_placed	6	2	postgres	2026-11-25 17:39:43.724927+00	\N	{"held": 0, "available": 401}	{"held": 3, "available": 398}
27	11	hold_released	6	2	postgres	2026-11-25 17:39:43.725258+00	\N	{"held": 3, "available": 398}	{"held": 0, "available": 401}
28	12	status	5	\N	postgres	2026-11-25 17:39:43.725585+00	card stolen	{"status": "active"}	{"status": "frozen"}
29	18	opened	0	\N	postgres	2026-11-25 17:39:43.725873+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
30	19	opened	0	\N	postgres	2026-11-25 17:39:43.726096+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
31	20	opened	0	\N	postgres	2026-11-25 17:39:43.726304+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
32	21	opened	0	\N	postgres	2026-11-25 17:39:43.726509+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
33	22	opened	0	\N	postgres	2026-11-25 17:39:43.726709+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
34	23	opened	0	\N	postgres	2026-11-25 17:39:43.726909+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
35	24	opened	0	\N	postgres	2026-11-25 17:39:43.727156+00	\N	\N	{"kind": "asset", "name": "cash", "currency": "EUR"}
\.


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.accounts (id, balance, held, version, created_at, updated_at, is_system, currency, status, kind, min_balance, max_balance, stripes, owner, name, metadata) FROM stdin;
11	401	0	6	2026-11-25 17:39:43.719927+00	2026-11-25 17:39:43.72454+00	f	CHF	active	liability	0	\N	\N	erin	\N	\N
4	70	0	1	2026-11-25 17:39:43.61976+00	2026-11-25 17:39:43.622491+00	f	POINTS	active	liability	0	500	\N	alice	points	{"tier": "gold"}
6	-70	0	1	2026-11-25 17:39:43.622354+00	2026-11-25 17:39:43.622491+00	t	POINTS	active	asset	\N	\N	\N	simplebank	cash	\N
12	499	0	5	2026-11-25 17:39:43.720293+00	2026-11-25 17:39:43.723995+00	f	CHF	frozen	liability	0	\N	\N	frank	\N	\N
1	725	30	60	2026-11-25 17:39:43.615451+00	2026-11-25 17:39:43.691956+00	f	USD	active	liability	0	\N	\N	alice	\N	\N
2	276	0	58	2026-11-25 17:39:43.618755+00	2026-11-25 17:39:43.691956+00	f	USD	active	liability	100	5000	\N	bob	\N	\N
7	0	0	2	2026-11-25 17:39:43.639001+00	2026-11-25 17:39:43.647657+00	f	USD	active	liability	0	\N	\N	north	\N	\N
8	5	0	1	2026-11-25 17:39:43.639176+00	2026-11-25 17:39:43.647657+00	f	USD	active	liability	0	\N	\N	south	\N	\N
-3584	0	0	0	2026-11-25 17:39:43.720742+00	2026-11-25 17:39:43.720918+00	t	CHF	active	asset	\N	\N	\N	simplebank	\N	\N
-3585	0	0	0	2026-11-25 17:39:43.720742+00	2026-11-25 17:39:43.720918+00	t	CHF	active	asset	\N	\N	\N	simplebank	\N	\N
-3587	0	0	0	2026-11-25 17:39:43.720742+00	2026-11-25 17:39:43.720918+00	t	CHF	active	asset	\N	\N	\N	simplebank	\N	\N
14	0	0	0	2026-11-25 17:39:43.720742+00	2026-11-25 17:39:43.720918+00	t	CHF	active	asset	\N	\N	4	simplebank	cash	\N
19	1000	0	1	2026-11-25 17:39:43.726027+00	2026-11-25 17:39:43.727487+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
15	0	0	2	2026-11-25 17:39:43.723116+00	2026-11-25 17:39:43.723995+00	t	CHF	active	income	\N	\N	\N	simplebank	fees	\N
9	-5	0	4	2026-11-25 17:39:43.639331+00	2026-11-25 17:39:43.650986+00	t	USD	frozen	liability	\N	\N	\N	simplebank	clearing wire/north	\N
3	0	0	0	2026-11-25 17:39:43.618973+00	2026-11-25 17:39:43.619046+00	f	USD	closed	liability	0	\N	\N	carol	\N	\N
10	5	0	4	2026-11-25 17:39:43.640806+00	2026-11-25 17:39:43.650986+00	t	USD	frozen	liability	\N	\N	\N	simplebank	clearing wire/south	\N
5	-1006	0	3	2026-11-25 17:39:43.620014+00	2026-11-25 17:39:43.652811+00	t	USD	active	asset	\N	\N	\N	simplebank	cash	\N
-3586	-1000	0	2	2026-11-25 17:39:43.720742+00	2026-11-25 17:39:43.722347+00	t	CHF	active	asset	\N	\N	\N	simplebank	\N	\N
13	17000	0	1	2026-11-25 17:39:43.720553+00	2026-11-25 17:39:43.72454+00	f	JPY	active	liability	0	\N	\N	grace	\N	\N
16	100	0	1	2026-11-25 17:39:43.724295+00	2026-11-25 17:39:43.72454+00	t	CHF	active	equity	\N	\N	\N	simplebank	fx	\N
17	-17000	0	1	2026-11-25 17:39:43.724295+00	2026-11-25 17:39:43.72454+00	t	JPY	active	equity	\N	\N	\N	simplebank	fx	\N
21	1000	0	1	2026-11-25 17:39:43.726445+00	2026-11-25 17:39:43.728003+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
18	1000	0	1	2026-11-25 17:39:43.725767+00	2026-11-25 17:39:43.727175+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
23	1000	0	1	2026-11-25 17:39:43.726847+00	2026-11-25 17:39:43.728659+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
20	1000	0	1	2026-11-25 17:39:43.72624+00	2026-11-25 17:39:43.727754+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
24	-6000	0	6	2026-11-25 17:39:43.727059+00	2026-11-25 17:39:43.728659+00	t	EUR	active	asset	\N	\N	\N	simplebank	cash	\N
22	1000	0	1	2026-11-25 17:39:43.726648+00	2026-11-25 17:39:43.728283+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
\.


--
-- Data for Name: audit_events; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.audit_events (id, created_at, action, details, reason, role, session_role, application_name, client_address, process_id, transaction_id) FROM stdin;
1	2026-11-25 17:39:43.619548+00	add_currency	{"code": "POINTS", "name": "Loyalty points", "exponent": 0}	\N	postgres	postgres		\N	5353	729
2	2026-11-25 17:39:43.632954+00	set_account_limits	{"after": {"max_balance": 5000, "min_balance": 100}, "before": {"min_balance": 0}, "account_id": 2}	a reserve	postgres	postgres		\N	5353	784
3	2026-11-25 17:39:43.633688+00	close_account	{"after": {"status": "closed"}, "before": {"status": "active"}, "account_id": 3}	moved	postgres	postgres		\N	5353	785
4	2026-11-25 17:39:43.636509+00	set_job	{"after": {"name": "purge_keys", "class": "dated", "enabled": true, "due_time": "04:00:00", "ticked_at": null, "waits_for": [], "watermark": null, "description": "removes idempotency keys older than simplebank.key_retention, and old records of ticks", "retry_after": "00:01:00", "max_attempts": 3, "between_dates": false, "business_days_only": false}, "before": {"name": "purge_keys", "class": "dated", "enabled": true, "due_time": "02:00:00", "ticked_at": null, "waits_for": [], "watermark": null, "description": "removes idempotency keys older than simplebank.key_retention, and old records of ticks", "retry_after": "00:01:00", "max_attempts": 8, "between_dates": false, "business_days_only": false}}	\N	postgres	postgres		\N	5353	788
5	2026-11-25 17:39:43.636953+00	set_business_day	{"day": "2026-12-25", "description": null, "is_business_day": false}	\N	postgres	postgres		\N	5353	789
6	2026-11-25 17:39:43.638894+00	create_settlement_group	{"name": "wire", "cutoff": "18:00:00", "currency": "USD"}	\N	postgres	postgres		\N	5353	792
7	2026-11-25 17:39:43.640641+00	set_account_status	{"after": {"status": "frozen"}, "before": {"status": "active"}, "account_id": 9}	clearing account	postgres	postgres		\N	5353	795
8	2026-11-25 17:39:43.640692+00	add_settlement_member	{"member": "north", "group_name": "wire", "clearing_account": 9, "settlement_account": 7}	\N	postgres	postgres		\N	5353	795
9	2026-11-25 17:39:43.641122+00	set_account_status	{"after": {"status": "frozen"}, "before": {"status": "active"}, "account_id": 10}	clearing account	postgres	postgres		\N	5353	796
10	2026-11-25 17:39:43.641143+00	add_settlement_member	{"member": "south", "group_name": "wire", "clearing_account": 10, "settlement_account": 8}	\N	postgres	postgres		\N	5353	796
11	2026-11-25 17:39:43.64181+00	assign_member	{"member": "north", "account_id": 1, "group_name": "wire"}	\N	postgres	postgres		\N	5353	797
12	2026-11-25 17:39:43.642104+00	assign_member	{"member": "south", "account_id": 2, "group_name": "wire"}	\N	postgres	postgres		\N	5353	798
13	2026-11-25 17:39:43.646743+00	settle	{"group_name": "wire", "business_date": null}	\N	postgres	postgres		\N	5353	801
14	2026-11-25 17:39:43.65011+00	settle	{"group_name": "wire", "business_date": null}	\N	postgres	postgres		\N	5353	804
15	2026-11-25 17:39:43.652557+00	set_interest	{"day_count": "ACT/365F", "account_id": 1, "valid_from": "2020-01-01", "annual_rate": 0.5, "overdraft_rate": 0}	\N	postgres	postgres		\N	5353	806
16	2026-11-25 17:39:43.67902+00	close_day	{"day": "2020-02-01"}	\N	postgres	postgres		\N	5353	819
17	2026-11-25 17:39:43.721391+00	set_stripes	{"after": {"stripes": 4}, "before": {}, "account_id": 14}	\N	postgres	postgres		\N	5353	846
18	2026-11-25 17:39:43.725602+00	set_account_status	{"after": {"status": "frozen"}, "before": {"status": "active"}, "account_id": 12}	card stolen	postgres	postgres		\N	5353	856
\.


--
-- Data for Name: business_calendar; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.business_calendar (day, is_business_day, description) FROM stdin;
2026-12-25	f	\N
\.


--
-- Data for Name: closed_days; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.closed_days (day, ends_at, began_at, closed_at, last_account, accounts, last_transfer_id, last_event_id, refusals, refusals_counted, settlement_waiting) FROM stdin;
2020-02-01	2020-02-02 00:00:00+00	2026-11-25 17:39:43.673954+00	2026-11-25 17:39:43.67864+00	10	2	60	17	\N	\N	cycle 2 of wire
\.


--
-- Data for Name: currencies; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.currencies (code, numeric_code, exponent, name, is_builtin) FROM stdin;
POINTS	\N	0	Loyalty points	f
\.


--
-- Data for Name: day_balances; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.day_balances (account_id, day, version, balance, value_balance) FROM stdin;
1	2020-02-01	0	0	1
5	2020-02-01	0	0	-1
\.


--
-- Data for Name: day_events; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.day_events (id, day, event, role, created_at, reason) FROM stdin;
1	2020-02-01	closed	postgres	2026-11-25 17:39:43.678775+00	\N
\.


--
-- Data for Name: day_trial_balances; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.day_trial_balances (day, currency, kind, accounts, debits, credits) FROM stdin;
\.


--
-- Data for Name: entries; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.entries (account_id, version, transfer_id, amount, balance, posted_at, created_at, effective_at, leg) FROM stdin;
5	1	1	-1000	-1000	2026-11-25 17:39:43.621338+00	2026-11-25 17:39:43.620014+00	\N	\N
1	1	1	1000	1000	2026-11-25 17:39:43.621338+00	2026-11-25 17:39:43.620014+00	\N	\N
6	1	2	-70	-70	2026-11-25 17:39:43.622491+00	2026-11-25 17:39:43.622354+00	\N	\N
4	1	2	70	70	2026-11-25 17:39:43.622491+00	2026-11-25 17:39:43.622354+00	\N	\N
1	2	3	-300	700	2026-11-25 17:39:43.62278+00	2026-11-25 17:39:43.622656+00	2024-02-29 12:00:00+00	\N
2	1	3	300	300	2026-11-25 17:39:43.62278+00	2026-11-25 17:39:43.622656+00	2024-02-29 12:00:00+00	\N
2	2	4	-1	299	2026-11-25 17:39:43.6232+00	2026-11-25 17:39:43.623129+00	\N	\N
1	3	4	1	701	2026-11-25 17:39:43.6232+00	2026-11-25 17:39:43.623129+00	\N	\N
2	3	5	-1	298	2026-11-25 17:39:43.623417+00	2026-11-25 17:39:43.623353+00	\N	\N
1	4	5	1	702	2026-11-25 17:39:43.623417+00	2026-11-25 17:39:43.623353+00	\N	\N
2	4	6	-1	297	2026-11-25 17:39:43.623609+00	2026-11-25 17:39:43.623545+00	\N	\N
1	5	6	1	703	2026-11-25 17:39:43.623609+00	2026-11-25 17:39:43.623545+00	\N	\N
2	5	7	-1	296	2026-11-25 17:39:43.623794+00	2026-11-25 17:39:43.623734+00	\N	\N
1	6	7	1	704	2026-11-25 17:39:43.623794+00	2026-11-25 17:39:43.623734+00	\N	\N
2	6	8	-1	295	2026-11-25 17:39:43.623973+00	2026-11-25 17:39:43.623914+00	\N	\N
1	7	8	1	705	2026-11-25 17:39:43.623973+00	2026-11-25 17:39:43.623914+00	\N	\N
2	7	9	-1	294	2026-11-25 17:39:43.624155+00	2026-11-25 17:39:43.624093+00	\N	\N
1	8	9	1	706	2026-11-25 17:39:43.624155+00	2026-11-25 17:39:43.624093+00	\N	\N
2	8	10	-1	293	2026-11-25 17:39:43.624338+00	2026-11-25 17:39:43.624278+00	\N	\N
1	9	10	1	707	2026-11-25 17:39:43.624338+00	2026-11-25 17:39:43.624278+00	\N	\N
2	9	11	-1	292	2026-11-25 17:39:43.62455+00	2026-11-25 17:39:43.624485+00	\N	\N
1	10	11	1	708	2026-11-25 17:39:43.62455+00	2026-11-25 17:39:43.624485+00	\N	\N
2	10	12	-1	291	2026-11-25 17:39:43.624742+00	2026-11-25 17:39:43.624682+00	\N	\N
1	11	12	1	709	2026-11-25 17:39:43.624742+00	2026-11-25 17:39:43.624682+00	\N	\N
2	11	13	-1	290	2026-11-25 17:39:43.624925+00	2026-11-25 17:39:43.624866+00	\N	\N
1	12	13	1	710	2026-11-25 17:39:43.624925+00	2026-11-25 17:39:43.624866+00	\N	\N
2	12	14	-1	289	2026-11-25 17:39:43.625107+00	2026-11-25 17:39:43.625047+00	\N	\N
1	13	14	1	711	2026-11-25 17:39:43.625107+00	2026-11-25 17:39:43.625047+00	\N	\N
2	13	15	-1	288	2026-11-25 17:39:43.625288+00	2026-11-25 17:39:43.625227+00	\N	\N
1	14	15	1	712	2026-11-25 17:39:43.625288+00	2026-11-25 17:39:43.625227+00	\N	\N
2	14	16	-1	287	2026-11-25 17:39:43.625464+00	2026-11-25 17:39:43.625406+00	\N	\N
1	15	16	1	713	2026-11-25 17:39:43.625464+00	2026-11-25 17:39:43.625406+00	\N	\N
2	15	17	-1	286	2026-11-25 17:39:43.625644+00	2026-11-25 17:39:43.625585+00	\N	\N
1	16	17	1	714	2026-11-25 17:39:43.625644+00	2026-11-25 17:39:43.625585+00	\N	\N
2	16	18	-1	285	2026-11-25 17:39:43.625827+00	2026-11-25 17:39:43.625769+00	\N	\N
1	17	18	1	715	2026-11-25 17:39:43.625827+00	2026-11-25 17:39:43.625769+00	\N	\N
2	17	19	-1	284	2026-11-25 17:39:43.626004+00	2026-11-25 17:39:43.625947+00	\N	\N
1	18	19	1	716	2026-11-25 17:39:43.626004+00	2026-11-25 17:39:43.625947+00	\N	\N
2	18	20	-1	283	2026-11-25 17:39:43.626181+00	2026-11-25 17:39:43.626124+00	\N	\N
1	19	20	1	717	2026-11-25 17:39:43.626181+00	2026-11-25 17:39:43.626124+00	\N	\N
2	19	21	-1	282	2026-11-25 17:39:43.626356+00	2026-11-25 17:39:43.626299+00	\N	\N
1	20	21	1	718	2026-11-25 17:39:43.626356+00	2026-11-25 17:39:43.626299+00	\N	\N
2	20	22	-1	281	2026-11-25 17:39:43.626531+00	2026-11-25 17:39:43.626473+00	\N	\N
1	21	22	1	719	2026-11-25 17:39:43.626531+00	2026-11-25 17:39:43.626473+00	\N	\N
2	21	23	-1	280	2026-11-25 17:39:43.626708+00	2026-11-25 17:39:43.626651+00	\N	\N
1	22	23	1	720	2026-11-25 17:39:43.626708+00	2026-11-25 17:39:43.626651+00	\N	\N
2	22	24	-1	279	2026-11-25 17:39:43.626885+00	2026-11-25 17:39:43.626826+00	\N	\N
1	23	24	1	721	2026-11-25 17:39:43.626885+00	2026-11-25 17:39:43.626826+00	\N	\N
2	23	25	-1	278	2026-11-25 17:39:43.627063+00	2026-11-25 17:39:43.627006+00	\N	\N
1	24	25	1	722	2026-11-25 17:39:43.627063+00	2026-11-25 17:39:43.627006+00	\N	\N
2	24	26	-1	277	2026-11-25 17:39:43.627241+00	2026-11-25 17:39:43.627183+00	\N	\N
1	25	26	1	723	2026-11-25 17:39:43.627241+00	2026-11-25 17:39:43.627183+00	\N	\N
2	25	27	-1	276	2026-11-25 17:39:43.627416+00	2026-11-25 17:39:43.627359+00	\N	\N
1	26	27	1	724	2026-11-25 17:39:43.627416+00	2026-11-25 17:39:43.627359+00	\N	\N
2	26	28	-1	275	2026-11-25 17:39:43.627592+00	2026-11-25 17:39:43.627535+00	\N	\N
1	27	28	1	725	2026-11-25 17:39:43.627592+00	2026-11-25 17:39:43.627535+00	\N	\N
2	27	29	-1	274	2026-11-25 17:39:43.627773+00	2026-11-25 17:39:43.627713+00	\N	\N
1	28	29	1	726	2026-11-25 17:39:43.627773+00	2026-11-25 17:39:43.627713+00	\N	\N
2	28	30	-1	273	2026-11-25 17:39:43.627949+00	2026-11-25 17:39:43.627891+00	\N	\N
1	29	30	1	727	2026-11-25 17:39:43.627949+00	2026-11-25 17:39:43.627891+00	\N	\N
2	29	31	-1	272	2026-11-25 17:39:43.628125+00	2026-11-25 17:39:43.628068+00	\N	\N
1	30	31	1	728	2026-11-25 17:39:43.628125+00	2026-11-25 17:39:43.628068+00	\N	\N
2	30	32	-1	271	2026-11-25 17:39:43.62831+00	2026-11-25 17:39:43.628251+00	\N	\N
1	31	32	1	729	2026-11-25 17:39:43.62831+00	2026-11-25 17:39:43.628251+00	\N	\N
2	31	33	-1	270	2026-11-25 17:39:43.628518+00	2026-11-25 17:39:43.628457+00	\N	\N
1	32	33	1	730	2026-11-25 17:39:43.628518+00	2026-11-25 17:39:43.628457+00	\N	\N
2	32	34	-1	269	2026-11-25 17:39:43.628711+00	2026-11-25 17:39:43.628653+00	\N	\N
1	33	34	1	731	2026-11-25 17:39:43.628711+00	2026-11-25 17:39:43.628653+00	\N	\N
2	33	35	-1	268	2026-11-25 17:39:43.628904+00	2026-11-25 17:39:43.628845+00	\N	\N
1	34	35	1	732	2026-11-25 17:39:43.628904+00	2026-11-25 17:39:43.628845+00	\N	\N
2	34	36	-1	267	2026-11-25 17:39:43.629098+00	2026-11-25 17:39:43.62904+00	\N	\N
1	35	36	1	733	2026-11-25 17:39:43.629098+00	2026-11-25 17:39:43.62904+00	\N	\N
2	35	37	-1	266	2026-11-25 17:39:43.629289+00	2026-11-25 17:39:43.629232+00	\N	\N
1	36	37	1	734	2026-11-25 17:39:43.629289+00	2026-11-25 17:39:43.629232+00	\N	\N
2	36	38	-1	265	2026-11-25 17:39:43.629482+00	2026-11-25 17:39:43.629424+00	\N	\N
1	37	38	1	735	2026-11-25 17:39:43.629482+00	2026-11-25 17:39:43.629424+00	\N	\N
2	37	39	-1	264	2026-11-25 17:39:43.629665+00	2026-11-25 17:39:43.629607+00	\N	\N
1	38	39	1	736	2026-11-25 17:39:43.629665+00	2026-11-25 17:39:43.629607+00	\N	\N
2	38	40	-1	263	2026-11-25 17:39:43.629852+00	2026-11-25 17:39:43.629794+00	\N	\N
1	39	40	1	737	2026-11-25 17:39:43.629852+00	2026-11-25 17:39:43.629794+00	\N	\N
2	39	41	-1	262	2026-11-25 17:39:43.630032+00	2026-11-25 17:39:43.629975+00	\N	\N
1	40	41	1	738	2026-11-25 17:39:43.630032+00	2026-11-25 17:39:43.629975+00	\N	\N
2	40	42	-1	261	2026-11-25 17:39:43.63021+00	2026-11-25 17:39:43.630152+00	\N	\N
1	41	42	1	739	2026-11-25 17:39:43.63021+00	2026-11-25 17:39:43.630152+00	\N	\N
2	41	43	-1	260	2026-11-25 17:39:43.630398+00	2026-11-25 17:39:43.630336+00	\N	\N
1	42	43	1	740	2026-11-25 17:39:43.630398+00	2026-11-25 17:39:43.630336+00	\N	\N
2	42	44	-1	259	2026-11-25 17:39:43.630585+00	2026-11-25 17:39:43.630528+00	\N	\N
1	43	44	1	741	2026-11-25 17:39:43.630585+00	2026-11-25 17:39:43.630528+00	\N	\N
2	43	45	-1	258	2026-11-25 17:39:43.630773+00	2026-11-25 17:39:43.630716+00	\N	\N
1	44	45	1	742	2026-11-25 17:39:43.630773+00	2026-11-25 17:39:43.630716+00	\N	\N
2	44	46	-1	257	2026-11-25 17:39:43.631165+00	2026-11-25 17:39:43.631098+00	\N	\N
1	45	46	1	743	2026-11-25 17:39:43.631165+00	2026-11-25 17:39:43.631098+00	\N	\N
2	45	47	-1	256	2026-11-25 17:39:43.631417+00	2026-11-25 17:39:43.631358+00	\N	\N
1	46	47	1	744	2026-11-25 17:39:43.631417+00	2026-11-25 17:39:43.631358+00	\N	\N
2	46	48	-1	255	2026-11-25 17:39:43.631608+00	2026-11-25 17:39:43.63155+00	\N	\N
1	47	48	1	745	2026-11-25 17:39:43.631608+00	2026-11-25 17:39:43.63155+00	\N	\N
2	47	49	-1	254	2026-11-25 17:39:43.631788+00	2026-11-25 17:39:43.631731+00	\N	\N
1	48	49	1	746	2026-11-25 17:39:43.631788+00	2026-11-25 17:39:43.631731+00	\N	\N
2	48	50	-1	253	2026-11-25 17:39:43.631966+00	2026-11-25 17:39:43.631909+00	\N	\N
1	49	50	1	747	2026-11-25 17:39:43.631966+00	2026-11-25 17:39:43.631909+00	\N	\N
2	49	51	-1	252	2026-11-25 17:39:43.632145+00	2026-11-25 17:39:43.632087+00	\N	\N
1	50	51	1	748	2026-11-25 17:39:43.632145+00	2026-11-25 17:39:43.632087+00	\N	\N
2	50	52	-1	251	2026-11-25 17:39:43.632325+00	2026-11-25 17:39:43.632266+00	\N	\N
1	51	52	1	749	2026-11-25 17:39:43.632325+00	2026-11-25 17:39:43.632266+00	\N	\N
2	51	53	-1	250	2026-11-25 17:39:43.632544+00	2026-11-25 17:39:43.632481+00	\N	\N
1	52	53	1	750	2026-11-25 17:39:43.632544+00	2026-11-25 17:39:43.632481+00	\N	\N
1	53	54	-10	740	2026-11-25 17:39:43.634743+00	2026-11-25 17:39:43.63457+00	\N	\N
2	52	54	10	260	2026-11-25 17:39:43.634743+00	2026-11-25 17:39:43.63457+00	\N	\N
5	2	55	-5	-1005	2026-11-25 17:39:43.642372+00	2026-11-25 17:39:43.642204+00	\N	\N
7	1	55	5	5	2026-11-25 17:39:43.642372+00	2026-11-25 17:39:43.642204+00	\N	\N
1	54	56	-5	735	2026-11-25 17:39:43.642764+00	2026-11-25 17:39:43.642549+00	\N	1
2	53	56	5	265	2026-11-25 17:39:43.642764+00	2026-11-25 17:39:43.642549+00	\N	4
9	1	56	-5	-5	2026-11-25 17:39:43.642764+00	2026-11-25 17:39:43.642549+00	\N	2
10	1	56	5	5	2026-11-25 17:39:43.642764+00	2026-11-25 17:39:43.642549+00	\N	3
7	2	57	-5	0	2026-11-25 17:39:43.647657+00	2026-11-25 17:39:43.643372+00	\N	2
8	1	57	5	5	2026-11-25 17:39:43.647657+00	2026-11-25 17:39:43.643372+00	\N	4
9	2	57	5	0	2026-11-25 17:39:43.647657+00	2026-11-25 17:39:43.643372+00	\N	1
10	2	57	-5	0	2026-11-25 17:39:43.647657+00	2026-11-25 17:39:43.643372+00	\N	3
1	55	58	-6	729	2026-11-25 17:39:43.648485+00	2026-11-25 17:39:43.648299+00	\N	1
2	54	58	6	271	2026-11-25 17:39:43.648485+00	2026-11-25 17:39:43.648299+00	\N	4
9	3	58	-6	-6	2026-11-25 17:39:43.648485+00	2026-11-25 17:39:43.648299+00	\N	2
10	3	58	6	6	2026-11-25 17:39:43.648485+00	2026-11-25 17:39:43.648299+00	\N	3
1	56	59	1	730	2026-11-25 17:39:43.650986+00	2026-11-25 17:39:43.650844+00	\N	4
2	55	59	-1	270	2026-11-25 17:39:43.650986+00	2026-11-25 17:39:43.650844+00	\N	1
9	4	59	1	-5	2026-11-25 17:39:43.650986+00	2026-11-25 17:39:43.650844+00	\N	3
10	4	59	-1	5	2026-11-25 17:39:43.650986+00	2026-11-25 17:39:43.650844+00	\N	2
5	3	60	-1	-1006	2026-11-25 17:39:43.652811+00	2026-11-25 17:39:43.652713+00	2020-01-01 12:00:00+00	\N
1	57	60	1	731	2026-11-25 17:39:43.652811+00	2026-11-25 17:39:43.652713+00	2020-01-01 12:00:00+00	\N
1	58	61	-2	729	2026-11-25 17:39:43.690075+00	2026-11-25 17:39:43.689106+00	\N	\N
2	56	61	2	272	2026-11-25 17:39:43.690075+00	2026-11-25 17:39:43.689106+00	\N	\N
1	59	62	-2	727	2026-11-25 17:39:43.691356+00	2026-11-25 17:39:43.691185+00	\N	\N
2	57	62	2	274	2026-11-25 17:39:43.691356+00	2026-11-25 17:39:43.691185+00	\N	\N
1	60	63	-2	725	2026-11-25 17:39:43.691956+00	2026-11-25 17:39:43.69181+00	\N	\N
2	58	63	2	276	2026-11-25 17:39:43.691956+00	2026-11-25 17:39:43.69181+00	\N	\N
-3586	1	64	-500	-500	2026-11-25 17:39:43.721914+00	2026-11-25 17:39:43.721591+00	\N	\N
11	1	64	500	500	2026-11-25 17:39:43.721914+00	2026-11-25 17:39:43.721591+00	\N	\N
-3586	2	65	-500	-1000	2026-11-25 17:39:43.722347+00	2026-11-25 17:39:43.722266+00	\N	\N
12	1	65	500	500	2026-11-25 17:39:43.722347+00	2026-11-25 17:39:43.722266+00	\N	\N
11	2	66	-7	493	2026-11-25 17:39:43.722761+00	2026-11-25 17:39:43.72253+00	\N	\N
11	3	67	8	501	2026-11-25 17:39:43.722761+00	2026-11-25 17:39:43.72253+00	\N	\N
12	2	66	7	507	2026-11-25 17:39:43.722761+00	2026-11-25 17:39:43.72253+00	\N	\N
12	3	67	-8	499	2026-11-25 17:39:43.722761+00	2026-11-25 17:39:43.72253+00	\N	\N
11	4	68	-9	492	2026-11-25 17:39:43.723541+00	2026-11-25 17:39:43.723405+00	\N	1
12	4	68	4	503	2026-11-25 17:39:43.723541+00	2026-11-25 17:39:43.723405+00	\N	2
15	1	68	5	5	2026-11-25 17:39:43.723541+00	2026-11-25 17:39:43.723405+00	\N	3
11	5	69	9	501	2026-11-25 17:39:43.723995+00	2026-11-25 17:39:43.723747+00	\N	3
12	5	69	-4	499	2026-11-25 17:39:43.723995+00	2026-11-25 17:39:43.723747+00	\N	2
15	2	69	-5	0	2026-11-25 17:39:43.723995+00	2026-11-25 17:39:43.723747+00	\N	1
11	6	70	-100	401	2026-11-25 17:39:43.72454+00	2026-11-25 17:39:43.724295+00	\N	1
13	1	70	17000	17000	2026-11-25 17:39:43.72454+00	2026-11-25 17:39:43.724295+00	\N	4
16	1	70	100	100	2026-11-25 17:39:43.72454+00	2026-11-25 17:39:43.724295+00	\N	2
17	1	70	-17000	-17000	2026-11-25 17:39:43.72454+00	2026-11-25 17:39:43.724295+00	\N	3
24	1	71	-1000	-1000	2026-11-25 17:39:43.727175+00	2026-11-25 17:39:43.727059+00	\N	\N
18	1	71	1000	1000	2026-11-25 17:39:43.727175+00	2026-11-25 17:39:43.727059+00	\N	\N
24	2	72	-1000	-2000	2026-11-25 17:39:43.727487+00	2026-11-25 17:39:43.727405+00	\N	\N
19	1	72	1000	1000	2026-11-25 17:39:43.727487+00	2026-11-25 17:39:43.727405+00	\N	\N
24	3	73	-1000	-3000	2026-11-25 17:39:43.727754+00	2026-11-25 17:39:43.727679+00	\N	\N
20	1	73	1000	1000	2026-11-25 17:39:43.727754+00	2026-11-25 17:39:43.727679+00	\N	\N
24	4	74	-1000	-4000	2026-11-25 17:39:43.728003+00	2026-11-25 17:39:43.727928+00	\N	\N
21	1	74	1000	1000	2026-11-25 17:39:43.728003+00	2026-11-25 17:39:43.727928+00	\N	\N
24	5	75	-1000	-5000	2026-11-25 17:39:43.728283+00	2026-11-25 17:39:43.728211+00	\N	\N
22	1	75	1000	1000	2026-11-25 17:39:43.728283+00	2026-11-25 17:39:43.728211+00	\N	\N
24	6	76	-1000	-6000	2026-11-25 17:39:43.728659+00	2026-11-25 17:39:43.728577+00	\N	\N
23	1	76	1000	1000	2026-11-25 17:39:43.728659+00	2026-11-25 17:39:43.728577+00	\N	\N
\.


--
-- Data for Name: holds; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.holds (id, from_account_id, to_account_id, amount, captured, expires_at, created_at, closed_at, status, description, metadata) FROM stdin;
1	1	2	40	10	2999-01-01 00:00:00+00	2026-11-25 17:39:43.633782+00	\N	open	a deposit	\N
2	11	12	3	0	\N	2026-11-25 17:39:43.724797+00	2026-11-25 17:39:43.725197+00	released	\N	\N
\.


--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.idempotency_keys (role, key, operation, request, transfer_id, account_id, hold_id, order_id, created_at) FROM stdin;
postgres	open alice	open_account	{"kind": "liability", "owner": "alice", "currency": "USD", "min_balance": 0}	\N	1	\N	\N	2026-11-25 17:39:43.615451+00
postgres	open bob	open_account	{"kind": "liability", "owner": "bob", "currency": "USD", "min_balance": 0}	\N	2	\N	\N	2026-11-25 17:39:43.618755+00
postgres	open carol	open_account	{"kind": "liability", "owner": "carol", "currency": "USD", "min_balance": 0}	\N	3	\N	\N	2026-11-25 17:39:43.618973+00
postgres	first	deposit	{"amount": 1000, "account": 1}	1	\N	\N	\N	2026-11-25 17:39:43.620014+00
postgres	pay	transfer	{"amount": 300, "to_account": 2, "effective_at": "2024-02-29T12:00:00+00:00", "from_account": 1}	3	\N	\N	\N	2026-11-25 17:39:43.622656+00
postgres	hold	place_hold	{"amount": 40, "expires_at": "2999-01-01T00:00:00+00:00", "to_account": 2, "from_account": 1}	\N	\N	1	\N	2026-11-25 17:39:43.633782+00
postgres	order	schedule_transfer	{"every": "1:0:0", "until": "2024-03-31T00:00:00+00:00", "amount": 2, "run_at": "2024-01-31T00:00:00+00:00", "to_account": 2, "from_account": 1}	\N	\N	\N	1	2026-11-25 17:39:43.637059+00
postgres	batch 1	transfer	{"amount": 7, "to_account": 12, "from_account": 11}	66	\N	\N	\N	2026-11-25 17:39:43.72253+00
postgres	batch 2	transfer	{"amount": 8, "to_account": 11, "from_account": 12}	67	\N	\N	\N	2026-11-25 17:39:43.72253+00
postgres	journal	journal	{"legs": "11:-9,12:4,15:5"}	68	\N	\N	\N	2026-11-25 17:39:43.723405+00
postgres	reversal	reversal	{"transfer_id": 68}	69	\N	\N	\N	2026-11-25 17:39:43.723747+00
postgres	exchange	exchange	{"to_amount": 17000, "to_account": 13, "from_amount": 100, "from_account": 11}	70	\N	\N	\N	2026-11-25 17:39:43.724295+00
\.


--
-- Data for Name: interest_accounts; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.interest_accounts (account_id, recalculate_from) FROM stdin;
1	\N
\.


--
-- Data for Name: interest_accruals; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.interest_accruals (account_id, booked_on, day, balance, annual_rate, units, accrued, transfer_id) FROM stdin;
1	2020-01-31	2020-01-01	1	0.5	2196.0	2196.0	\N
1	2020-01-31	2020-01-02	1	0.5	2196.0	4392.0	\N
1	2020-01-31	2020-01-03	1	0.5	2196.0	6588.0	\N
1	2020-01-31	2020-01-04	1	0.5	2196.0	8784.0	\N
1	2020-01-31	2020-01-05	1	0.5	2196.0	10980.0	\N
1	2020-01-31	2020-01-06	1	0.5	2196.0	13176.0	\N
1	2020-01-31	2020-01-07	1	0.5	2196.0	15372.0	\N
1	2020-01-31	2020-01-08	1	0.5	2196.0	17568.0	\N
1	2020-01-31	2020-01-09	1	0.5	2196.0	19764.0	\N
1	2020-01-31	2020-01-10	1	0.5	2196.0	21960.0	\N
1	2020-01-31	2020-01-11	1	0.5	2196.0	24156.0	\N
1	2020-01-31	2020-01-12	1	0.5	2196.0	26352.0	\N
1	2020-01-31	2020-01-13	1	0.5	2196.0	28548.0	\N
1	2020-01-31	2020-01-14	1	0.5	2196.0	30744.0	\N
1	2020-01-31	2020-01-15	1	0.5	2196.0	32940.0	\N
1	2020-01-31	2020-01-16	1	0.5	2196.0	35136.0	\N
1	2020-01-31	2020-01-17	1	0.5	2196.0	37332.0	\N
1	2020-01-31	2020-01-18	1	0.5	2196.0	39528.0	\N
1	2020-01-31	2020-01-19	1	0.5	2196.0	41724.0	\N
1	2020-01-31	2020-01-20	1	0.5	2196.0	43920.0	\N
1	2020-01-31	2020-01-21	1	0.5	2196.0	46116.0	\N
1	2020-01-31	2020-01-22	1	0.5	2196.0	48312.0	\N
1	2020-01-31	2020-01-23	1	0.5	2196.0	50508.0	\N
1	2020-01-31	2020-01-24	1	0.5	2196.0	52704.0	\N
1	2020-01-31	2020-01-25	1	0.5	2196.0	54900.0	\N
1	2020-01-31	2020-01-26	1	0.5	2196.0	57096.0	\N
1	2020-01-31	2020-01-27	1	0.5	2196.0	59292.0	\N
1	2020-01-31	2020-01-28	1	0.5	2196.0	61488.0	\N
1	2020-01-31	2020-01-29	1	0.5	2196.0	63684.0	\N
1	2020-01-31	2020-01-30	1	0.5	2196.0	65880.0	\N
1	2020-01-31	2020-01-31	1	0.5	2196.0	68076.0	\N
\.


--
-- Data for Name: interest_days; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.interest_days (day, began_at, last_accrued, last_posted) FROM stdin;
2020-01-31	2026-11-25 17:39:43.656695+00	1	1
\.


--
-- Data for Name: interest_rates; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.interest_rates (account_id, valid_from, annual_rate, overdraft_rate, day_count, role, set_at) FROM stdin;
1	2020-01-01	0.5	0	ACT/365F	postgres	2026-11-25 17:39:43.652258+00
\.


--
-- Data for Name: job_runs; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.job_runs (id, job, business_date, attempt, status, runner, started_at, finished_at, items_done, items_failed, error, next_attempt_at) FROM stdin;
1	interest	2020-01-31	1	succeeded	c7bcc7b8-554b-4617-8942-ce89fa068b1b	2026-11-25 17:39:43.654863+00	2026-11-25 17:39:43.671903+00	0	0	\N	\N
2	statements	2020-01-31	1	succeeded	2e42d27e-ffef-4c46-9f8d-5019c8c7c6b8	2026-11-25 17:39:43.679953+00	2026-11-25 17:39:43.68834+00	0	0	\N	\N
3	standing_orders	\N	1	succeeded	863c97af-bf39-4379-a591-be32b6697c94	2026-11-25 17:39:43.691112+00	2026-11-25 17:39:43.692242+00	3	0	\N	\N
4	verify_ledger	2026-11-25	1	succeeded	ee5be0b6-d44c-4fd1-b783-d492b7db741c	2026-11-25 17:39:43.693139+00	2026-11-25 17:39:43.719037+00	1	0	\N	\N
\.


--
-- Data for Name: jobs; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.jobs (name, class, due_time, business_days_only, between_dates, waits_for, description, enabled, max_attempts, retry_after, watermark, ticked_at) FROM stdin;
expire_holds	ticking	\N	f	f	{}	gives holds past their time the status expired	t	8	00:01:00	\N	\N
seal	ticking	\N	f	f	{}	seals what is new in the ledger, every simplebank.seal_interval	t	8	00:01:00	\N	\N
close_day	dated	24:00:00	f	f	{settlement,interest}	keeps the day's closing balances and closes it for postings	t	8	00:01:00	\N	\N
purge_keys	dated	04:00:00	f	f	{}	removes idempotency keys older than simplebank.key_retention, and old records of ticks	t	3	00:01:00	\N	\N
settlement	dated	18:00:00	t	t	{}	settles each group at its cut-off, and tries again what waits for cover	t	8	00:01:00	\N	\N
interest	dated	24:00:00	f	f	{}	accrues the day's interest, and posts it at the end of a month	t	8	00:01:00	2020-01-31	2026-11-25 17:39:43.672122+00
statements	dated	24:00:00	f	f	{close_day}	makes the statements at the end of a month	t	8	00:01:00	2020-01-31	2026-11-25 17:39:43.688586+00
standing_orders	ticking	\N	f	f	{}	makes the scheduled transfers that are due	t	8	00:01:00	\N	2026-11-25 17:39:43.689239+00
verify_ledger	dated	03:00:00	f	f	{}	runs verify() and verify_seals() and keeps what they find	t	8	00:01:00	2026-11-25	2026-11-25 17:39:43.719339+00
\.


--
-- Data for Name: order_executions; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.order_executions (order_id, occurrence, due_at, status, transfer_id, attempts, sqlstate, error, executed_at) FROM stdin;
1	1	2024-01-31 00:00:00+00	paid	61	1	\N	\N	2026-11-25 17:39:43.690621+00
1	2	2024-02-29 00:00:00+00	paid	62	1	\N	\N	2026-11-25 17:39:43.691676+00
1	3	2024-03-31 00:00:00+00	paid	63	1	\N	\N	2026-11-25 17:39:43.69201+00
\.


--
-- Data for Name: seal_gaps; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.seal_gaps (seal_id, missing, decided_at) FROM stdin;
\.


--
-- Data for Name: sealed_entries; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.sealed_entries (seal_id, first_leaf, transfer_ids, account_ids, versions, hashes) FROM stdin;
1	0	{1,1,2,2,3,3,4,4,5,5,6,6,7,7,8,8,9,9,10,10,11,11,12,12,13,13,14,14,15,15,16,16,17,17,18,18,19,19,20,20,21,21,22,22,23,23,24,24,25,25,26,26,27,27,28,28,29,29,30,30,31,31,32,32,33,33,34,34,35,35,36,36,37,37,38,38,39,39,40,40,41,41,42,42,43,43,44,44,45,45,46,46,47,47,48,48,49,49,50,50,51,51,52,52,53,53,54,54,55,55,60,60,61,61,62,62,63,63,64,64,65,65,66,67,66,67,71,71,72,72,73,73,74,74,75,75,76,76,56,56,56,56,57,57,57,57,58,58,58,58,59,59,59,59,68,68,68,69,69,69,70,70,70,70}	{5,1,6,4,1,2,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,1,2,5,7,5,1,1,2,1,2,1,2,-3586,11,-3586,12,11,11,12,12,24,18,24,19,24,20,24,21,24,22,24,23,1,9,10,2,9,7,10,8,1,9,10,2,2,10,9,1,11,12,15,15,12,11,11,16,17,13}	{1,1,1,1,2,1,2,3,3,4,4,5,5,6,6,7,7,8,8,9,9,10,10,11,11,12,12,13,13,14,14,15,15,16,16,17,17,18,18,19,19,20,20,21,21,22,22,23,23,24,24,25,25,26,26,27,27,28,28,29,29,30,30,31,31,32,32,33,33,34,34,35,35,36,36,37,37,38,38,39,39,40,40,41,41,42,42,43,43,44,44,45,45,46,46,47,47,48,48,49,49,50,50,51,51,52,53,52,2,1,3,57,58,56,59,57,60,58,1,1,2,1,2,3,2,3,1,1,2,1,3,1,4,1,5,1,6,1,54,1,1,53,2,2,2,1,55,3,3,54,55,4,4,56,4,4,1,2,5,5,6,1,1,1}	\\xf0d4545bdf53fe955fedbff2e1a2abb1bcc59724b7f80b675a7c4d5fc79a4bed6e053af87a9718dd471c057bea17c409d10bdc10e8e507b6ee56744b9df9cd2a78662346cff10187fc75478d043a410aeec405c8ab8cdcdcd31ed353426a35f3ca3636a7d95e804370ffb725a8ac943883a5c40a4ec647a003723b8a5e7ad553622d7bc46fe85a4c084dff769df134a904c8df77ce2ab8e95720e3d431b5e28d143422e7dc191b6752c5d55999627e9325878ad0199cee6d5781e1b60c09259b4d1919d8d0317f1992ebd2cf4578eb865469c36ca6a048a6765c4a08123258aef34ed43a19ea85ade1eef9fe8d3f8ef8d10ac0558496bfd92f14d241464cbca04b2e55fc3dafa665bf0636f32959193b183d8c5988faddb084599d0c96aeb8463c9f8b132febd035d1743a7a614a255c9d5b0469c134fd992e20acbb68b3f3b9b196adc5c1d60b1b0ef9c57e39f6b050c6f61bed69e31090454c2d06550da4f9673f4944be2067fe2c9e489819803291fe3768bb039656d41f46f6afc2c6dd7385b7fd4c5251b1aa6e9946cf328715e16ffe2480e203c988a4aedbf17cd8e4159396215f3d3eb6a6a58cac68adee05028bceaedb518ebf8697f77a2826bcae4dc1114db149e6988df95347e52ecee071ff30079d2cced92a88453b5e509cd154f18eca42e53d0681ce9cecbdee208f2663c9a2a65a8239ddbd394554f49877e34fe7f11a65637984beda6058b55901c919be61bce81326b7564a3c4b0ffc85a5385d04080d17758bbe4fff11dd200a9380c9b57400e22b63b0811e06343702759aa1218304503ca9f60edeb74e71d78e971b4cfc1358c879398654354cc515e9e687dbf8e18a0e7c133c3c194ae148c66c226d80970ea88644ae4ac38be05de38199df570d0b6a6ef5a4d3a2cfe532fc480f2539ade2c8e047a4238eee2ff9f385f2ad239fff65aa5bb69ee5b316436d860894337b982968dfaa85d572b0747d7a18457eb9cd53a803b4611dfe7cc8773d232353d832ac50005757077bd3a5b22266b8a39b7b654bf89e9f159bb8d02c1255b5c2c572038cf05ee6cd2aba7e956def2bfd076964d6e4627bd66a0327fc4e526665a96ec7730f764f8e9ed9404279861975b7f0663785c7c770bc3ae68d880e9e9a1a12a93aa6c98cb30420547a7da722da6a290891fe586996b23045fce7c321349d853314d31c42cec433a5142e8f4bb62b1692d5c87bc4a02bf0795fb61810502d68d04e4dbeab9578ebb000f4e95acaea8361b3348d1ff1222d7e7ed211dd81600c3bcfdf6a622926c67f4f03624e9922f04dffe9884942174f8777e09aa3d100d4708f244009848c89e554ab0a42677437a2b67d44036a28e0621b748793dc0a11611d232b685e288b8a6cdaaac383e3b94858bbc7db5af020f3fe122d8018afd0e25bfa9aff1074a81362d484a3fe746213aaff48806da295a5e49564e6440431df7c10fa38caab2fad930a95d62e29696abb620b65015aba6e3c36c6be086952de36e5c486a00c6ad53576dde0c8f53cb8be887eca15b6b4e04511b187725237d7742aed52d42484d274d46a1e7d734d6233a94fe15c395b406d43a7ab716b4307c93b42aa77cc07baf01b334f308c5e3e3ae0a0c3d60ddbb2154a7f5391f0733a91882c4afc61011f74ec37a077cebb3b76bf5756f6b62d96fb410d51bbede7df8936eb916d1f7c23c011a2398117ab89ef4dc18b3d1887749e0350f91b7a8038ddbcd32a2dc24a2c5ad351cb165b86b2cc8a054955784f89846960afcd412acf52148a638411160543b36889dde631bccf4782990d2b9b2d67b01c33879eeecb4a1363d879bb1ae28dfe444e250f686ae832ecf002355976e9f8b19347e10f67a9a31cad0996874420360c98e629ee2685ffbc800f56fa30de35186b725a46dbf55e951caa5aa5ccd5b51f7048c8a5abd27c7463ca5386144dd91e8921e35efe1cf0b07c0c1b687e21efba601431a3486ca78f1bbf320c0642bb4d96f46efc77a05c995d02b47533b98f3d86445020f347ab7a44a786b30fba089f871eae7e85b7269d87bf295ad69262d93dbfe096b9f7208cb6e4b15145bdcb342869325b42b74290ff501bc4b2d4288ad5c37a845e8c82155a1da8ef7d997ae066494a4e69e55fccfc09eb00e089be816d0c7be778f49e80ec73854613be95af5707e9dce293c83c90ed73c57b3ea1a3ef4d6e923c9371dee0d69d42fcae71483acce48b8eeb9c3ac0b8c85e3742c78481fc4475bfc62b2d9d55bd722d62a67e8715c53135c0ad4a7136bc324c3e7f0023fce4c94ce6c82691b9adf155d8982cc3485e95b21d2197c7c01c94866bbedc611fd0d5fa1f7caa3311f5b0d721314a45432d142847e5602bc3bc398295d15eb5f04e6678e2525acd44b98be7d5fe6d98cc25ae41d247eaf115c214216c5a0a75b91a5c65cd67e4a2d64fbacef457039aeca49f6169ebcd2168d134d65c07b41b083b50e7688f96afbbe046b5eebfe41b5c853e2899ef55aa6b928061aabf79feed6b6efb0f8cd8fa43f84527b8c64ea889f4d7654f69ed7b066f157e87fd800aa4a61c09b4e24a37e2b57ff1e333cd77a267aba22c726a12c4d1a485b1f8f4f3c22cc8099d1f7375ca5629d7fd7f9f88106e4148a819d88f253057804d90e55f83067cb668987beb16e617ef5328d58f86e35af73cc7fe4753ded41565d5736606b96c2c932e87334076c072b3573041409040bfb62b8999ea1a1da98033ee26ae3a944ebe75098ac667085396f9d993252e542c02d291ce362bc5c5442c4c564771eb3a128b6d49577c6db9c15144b012c7e0eaac8e6fce0633a1e5b01938773a47931fda13b9e68fb32dc656d78bc1c3b161976389efcdc752876f1af20d3c9e3ec3bfec471ed54e6f11341d8f8fde431207ed22863ab443d9d9a2fbad948c01476627d01050b00f3fcbe87cf34ec41a0402911436363c89fdddfd6a0a2c2656de777b11c285490f06ca96c35066f92d81185f15e8aa5d0358c4f0164b8d4a60a036ed6e81d75e11cc4a57c24a5bf6a08a00ea452b9dd78274d011f1685e04ab94c129f078569d398da2155951c5947a4cfdcfaf1503d1f0dd6a6f88c971191e3deb8684e93e94acb537ba6b38ce4365eda94dc056aa9a6993d6208e35d420b6ea8c56ad54123692c1b84058f4748183764a9d7d941394f07dc1334f448220296f600150fa7fcf32f9ab12f5edd9e3a1a91336ad2c9ecd55d78a2a028332affab5fa3ab21457c83e48fb28f4d625b36f1ca48ceeee984addd228725039ffb3319200181e9d08ce3bfe3fb1a40d871b02e2eabe2d7c1c64f903394e22c08c15defd584a0a2028a6c8f90c57812325d4c8618d5320944d484be53ac17a8d74934757497459494e8b726b592b85c0013a2395fa9055cc82d0145e86986b37b41ca0d6973512875b474e0c670c6abab118062c36a1b9874ee64e0c687f5252da5566228f0d7e8166d8dd85e5c93de7406023cd45f3bcb04d01b6e866ae3a09d5979f6078ce39e0452473c59ea4e64a19f3b19b88c009a000ae594649c62c46b4c0c9a5f703e4c7cbbaa359840c4f7cfc44c62c13a84155088565b2844e6c837557cc5c03f6113e3082765e3d1f4a5fee84ed9868d8951e7e73a97e9b571b22015e7564e3eef70e862f2d375ef746c10e7bac206c124c93fcd0378b34e494948f89d266ec94ff6f14f4425755205958ead137fb81108c21a00e1a6ca1d16465d848b3e8ea301926e712b3f82afdba3cd0374c4445a9d192647077445e64cec40fe8fb762ba1b84e602862d4a2f022dd6cfec1524d959d817247238d5fa8e1f79165e38d7212d2963aeb2267aa2c8b5f3949c4b6aa8509d82c39132f53c11cc0cb2016286d764ca68e3ae64b3a39149aba4710788cef010d101564e9fc49f1013288fa1a2c0c1bdeb73d23e3d68bcc629aa23c482eec656dca4b67cd53e40ab8dad8598d158a0239fa52250ef4cc3981c185d94cd66198b21a176e457de4db5a9da62b8557f0319698f120fe4730e38a8c64ed279d3aa55ad1e66d00d39dc357bde05faf9536f4b0a03029b62b512bb492250efbf15c8d5518ac5caa405ca677e696d3c6a3224f63f761af29aeef8763df82da72ec7e95709061528ad25aee543d8c34238f23cee117e22978897fe48cdb77ad5424aa2e555e141d7e9c11c74ecf303d2e2b5d27b87d68fbfd57bc42555f173913d1e32bfde36cac6940554d33bcdd14bed27990f54d4cbeeede253e1f465fbc7f75d5e89122bbdbf4090ba290c78787ed0de676f44ec0c1ed4ebfba864b9af7e71c3f2300204a2cbf2179155ab29b6ca9960910501699ff26bb9be510da5a27b9dc34ec31dfe37fd28651e22db437544d3e1383888270c7211bb5684bad351645e906bc1b489f8db02b60c08b96f28c63f00e339ba26f6b5362dd6dbf9394aa86544d49e57871ed713ad9a280aa3669ce6a9d8a7592ee23bb84b201356dd97f35cd04bc011376f9882603673ce3fcac275f058e9260a3d6552a370a5c11e4a43d5699e08ab71b7fd9271e45cdbf4dc2b05f664c5191530ea7e3aca8f72631600f215e224662e6f90f701c2d355ae64ec2efb94066b5cbb4477a28bb755df43abec7120aa5c68c48ccf2035aecf0fe0b20846e695531b1f23d30e9c9bfb0a345910c69de4b790df897ff63c717805bd8d89e9a3aac6704b2a188e6cc2025ef89791f610e8c8dc64d06fcd281a7518379b62c26a445dcd8ad012a2d2cdba09326bccd8c3e07deaf8ed0f5559f286fc5463e4ae70cf642843e404419502769007b2b30837d4f125bec88659c742c5ed973eb7e76f3fddd9783a68105cebd9644e3021dcac39fa2d2e4702cb3a12431b1402016949c6d33f66610f6be898cd3872a5092810ebf5a5d48afe4fe6b0df3cbccefd3776aa7e6945a470305a51b5fd517af9c4def7858030a861c572e5a95d73dace563599c8d3d6331fe52e0c607497ef8fe42f415a586c25dfc5f33c692da73b81050fbfe793d11e47a44363dad49d5b9903b3247c5e1c7eddb120cbb36793d42bec4715c942fa0dd528062371c69c074f65ff3143bc2baf263b662fcd64a9c765aace534207e88bad40d6fdc0cab9c1a234387f39e8bca0641eaa2c330865908b950ecbab9d98c60877bef0adbca15addbe64672aa36979302f05e62f837bd919d63ce0f60d1fd2b9122567c1cb716133c78f3c848e0a144537dda4b4286372a19998b2489898b36af401aa0b3772e9f4bc9c94534a4eeeace7879cac851f71873dfc7079a056d0114f74a3488543af73eb659f773eb94382aebf859f97bfdfb1b59d0d11c41b39afd52cf2d3ac053bd5c19b31d4ea87c2a8c27ee44ab588efd5f5d8270c37b98672f51bfd2733e5e7cde4f4c5a2e3a845e0c9f5859409a8fbceb4ac7c05539bc86b735188cc7b5a53fb4782c44a431226cc63f8208a9560949df475cd12b54aa9b65882a0b5249f812cbd49aa7936879b22ea29bb2d0598baa45e243b9253df78a1b466f22e395fc96d3cdde51930df6386b3f2b17a3175744d5296fa06f449d6665dd507b522576a48259777a3896b7f6570da8513de4239e8e7fcc4e9fa9663f66b4e322807ec1b6a51255764ed75c5ac1ebbbab948d06170cdc0dfc06bf90f456cc1d8bb21adea54b43d9e9a07924ac77b1db243d763aa51dfb8b0487c1141f5725db604ebdbeb0fb8d41d40a13a16dea06e4087791bab9d6b556a7c53bd0c1446aef520f7ce37e94c87449dcac339dfd0742ec87e4a2b82fdae693dd6bd3a45c478523cbb1955ed03d94b16b4f78b58ff706b5e09e9d676b04669734f04a2c52787b1ad7e7f342ddf3eabe668bd8b887d414d3248dddc19db408b8665b0e43c670cd6f050531f39a934dab341425948d4c443c7bd62e92288f24dffe870edf773f5227bd36d9e2949b67472b780890899efea60f8a9dad7ab9d208a8be302144e02463578fdde0ef69262e01b48ecfe818546af23f137a86e6adbd4ac5d750c3547fb4904d0e2695d12ff2248884c24e81eb25c39c6c6487266474df5d1f44de2360f9d2829608fcffa9cd32dd0f00c947e20c3dee4883b1adc66837813782377616f93e768ab9128a0dc7a47fba60451b6a62c49bfa12e25b7ce6e8d6c72415d6191061d3157aee859d83339f52631852ba1dfc85d5980dfa3175552652e23d9a0f12fbf777054fb958ade4e91427120b3e95c5928b06516ae4d8e401138902ef413a5a838ce8c4785805028cf0ed4d025f50d74e3f41a7b75592a50bcc715beab5ed7366756a4bae8ed84baae8f8730a9b3d2f13c7c18455b39c3dc147fefcd67428367319d823c3b3d86ff9d24c28751f666376d4981b60c1a6aff326f0efee3232598d2f2397bc9c3ffb0fe4f700f850ae4ebb61f188399dbcce0eccf3aa23b3c3348025ef841a592fa611de3ee7a247a2a9497964ee25a8cb4e65fb084b0a9da16b7ddc82b1a26729e64eef3edb7f22ead5bca50a058bceaaa1e5e9d4db9ff90993e3ba68302de9565b083c6b7cc260d875ee769fe3cfb5dbe1ca69c1f9111774b3e9c39f2150885012d92bef09439d4e6c53224157f338289a6e58e1b8100c0bca1b4e87875bd142b90aef906dbf564201cf01adbbc4eae7aa1e71341e308bcbb8116cdaf8e64cdc0a7365258ab9ac5e4c0d344b43d114a35dfe0113ffe2942e2d6022167f4f5aeb1c2453cfb6845f919a123b922c56060fc46472c85db8541609215a9d6dedaaec14c484d04648008d398fee7a8ca1c333cebb5f7b258397151b533313f1ab7b12ffd0393a2dbf488fdcece64225b7f360f161b55940f73a0e1dfbcfd55ee55d78398923ad7969fbf041c55cd86ff1ea9315c9fd286ec1d45d739cecfa18f86ab7fd4f457f37e8b9499d79b58611ebc3e3e6059b1d63e65df68286cf8c80a4eac70f938f1bd13a5a399d2c41ea049413c7b55f87aacb84c433ba4bf617131dff266f3ff9c96475159eae76bcab627ddfc21833ed298720f368a26ed537ac749daceb953c296e4a5949aa6be898bf34e1d41200d20a8982c4be9d80e175f4b06fe08089e46925e876c561d157f5c09f17e7afa370ec85cb33c10b3ed2a09c9b2f5d8ea9f0f1d3d247e7bfb1d260133ff034199c78f10752edc71cf0d008276612c71ec07f2ffd2523667c5e3c1ebb0b60199db1ce189fc17ee766e8af0d4aea58be53419d71d35ece7aeb7ad21dff035aab5da3e0ab1dea9bd4ceec5d14679c1ea4c2ad3d529350f0a5dbc109285e39053834d7682e2ab9715535b0a04072ef1f3b88b564d266fb3bd0dc343423271e22e2293b68c8ea92dff65c69db3ee31e5e90d0b7fed5e8d2cc8e2c7bf2484b69d9ab630642c1b96e69e50280516f5c47d87ed13aacfbd1d1a1
\.


--
-- Data for Name: seals; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.seals (id, sealed_at, role, last_transfer_id, entries, tree, root, last_page) FROM stdin;
1	2026-11-25 17:39:43.729295+00	postgres	76	164	\\xf30d5709d7860bc7f4cb694657f6aa3ff73d2d17cc0ed006d2964be5fa3f1240	\\x3d40dc64530060981131789588a2daf7d0d0250bd562a0d61db1691c5e413aa9	1
\.


--
-- Data for Name: settlement_assignments; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.settlement_assignments (account_id, group_name, member) FROM stdin;
1	wire	north
2	wire	south
\.


--
-- Data for Name: settlement_cycles; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.settlement_cycles (id, group_name, business_date, status, gross_count, gross_amount, net_amount, netting_ratio, transfer_id, attempts, next_attempt_at, error, created_at, settled_at) FROM stdin;
1	wire	2026-11-25	settled	1	5	5	0.000000	57	0	2026-11-25 17:39:43.643372+00	\N	2026-11-25 17:39:43.646284+00	2026-11-25 17:39:43.648016+00
2	wire	2026-11-25	waiting	1	6	6	0.000000	\N	1	2026-11-25 17:40:48.357341+00	SB603: settlement shortfall: north lacks 6	2026-11-25 17:39:43.650038+00	\N
\.


--
-- Data for Name: settlement_groups; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.settlement_groups (name, currency, cutoff, last_date, attempts, next_attempt_at, error, created_at) FROM stdin;
wire	USD	18:00:00	2026-11-24	0	\N	\N	2026-11-25 17:39:43.638552+00
\.


--
-- Data for Name: settlement_members; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.settlement_members (group_name, member, settlement_account_id, clearing_account_id, settled_version) FROM stdin;
wire	south	8	10	3
wire	north	7	9	3
\.


--
-- Data for Name: settlement_positions; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.settlement_positions (cycle_id, member, debits, credits, net, first_version, last_version) FROM stdin;
1	south	0	5	5	1	1
1	north	5	0	-5	1	1
2	south	0	6	6	2	3
2	north	6	0	-6	2	3
\.


--
-- Data for Name: standing_orders; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.standing_orders (id, role, from_account_id, to_account_id, amount, keep, run_at, every, until, status, occurrence, due_at, next_attempt_at, attempts, sqlstate, error, created_at, description) FROM stdin;
2	postgres	1	2	\N	1	2999-01-01 00:00:00+00	\N	\N	active	1	2999-01-01 00:00:00+00	2999-01-01 00:00:00+00	0	\N	\N	2026-11-25 17:39:43.638034+00	\N
1	postgres	1	2	2	\N	2024-01-31 00:00:00+00	1 mon	2024-03-31 00:00:00+00	finished	3	2024-03-31 00:00:00+00	2024-03-31 00:00:00+00	0	\N	\N	2026-11-25 17:39:43.637715+00	\N
\.


--
-- Data for Name: statement_days; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.statement_days (day, last_account) FROM stdin;
2020-01-31	10
\.


--
-- Data for Name: statements; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.statements (account_id, period_start, period_end, starts_at, ends_at, opening, debits, credits, closing, entries, created_at) FROM stdin;
\.


--
-- Data for Name: transfers; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.transfers (id, from_account_id, to_account_id, amount, from_version, to_version, posted_at, effective_at, created_at, operation, reverses, from_amount, to_amount, hold_id, role, description, metadata) FROM stdin;
1	5	1	1000	1	1	2026-11-25 17:39:43.621338+00	2026-11-25 17:39:43.621338+00	2026-11-25 17:39:43.620014+00	deposit	\N	\N	\N	\N	postgres	\N	\N
2	6	4	70	1	1	2026-11-25 17:39:43.622491+00	2026-11-25 17:39:43.622491+00	2026-11-25 17:39:43.622354+00	deposit	\N	\N	\N	\N	postgres	\N	\N
3	1	2	300	2	1	2026-11-25 17:39:43.62278+00	2024-02-29 12:00:00+00	2026-11-25 17:39:43.622656+00	transfer	\N	\N	\N	\N	postgres	rent	{"invoice": 7}
4	2	1	1	2	3	2026-11-25 17:39:43.6232+00	2026-11-25 17:39:43.6232+00	2026-11-25 17:39:43.623129+00	transfer	\N	\N	\N	\N	postgres	\N	\N
5	2	1	1	3	4	2026-11-25 17:39:43.623417+00	2026-11-25 17:39:43.623417+00	2026-11-25 17:39:43.623353+00	transfer	\N	\N	\N	\N	postgres	\N	\N
6	2	1	1	4	5	2026-11-25 17:39:43.623609+00	2026-11-25 17:39:43.623609+00	2026-11-25 17:39:43.623545+00	transfer	\N	\N	\N	\N	postgres	\N	\N
7	2	1	1	5	6	2026-11-25 17:39:43.623794+00	2026-11-25 17:39:43.623794+00	2026-11-25 17:39:43.623734+00	transfer	\N	\N	\N	\N	postgres	\N	\N
8	2	1	1	6	7	2026-11-25 17:39:43.623973+00	2026-11-25 17:39:43.623973+00	2026-11-25 17:39:43.623914+00	transfer	\N	\N	\N	\N	postgres	\N	\N
9	2	1	1	7	8	2026-11-25 17:39:43.624155+00	2026-11-25 17:39:43.624155+00	2026-11-25 17:39:43.624093+00	transfer	\N	\N	\N	\N	postgres	\N	\N
10	2	1	1	8	9	2026-11-25 17:39:43.624338+00	2026-11-25 17:39:43.624338+00	2026-11-25 17:39:43.624278+00	transfer	\N	\N	\N	\N	postgres	\N	\N
11	2	1	1	9	10	2026-11-25 17:39:43.62455+00	2026-11-25 17:39:43.62455+00	2026-11-25 17:39:43.624485+00	transfer	\N	\N	\N	\N	postgres	\N	\N
12	2	1	1	10	11	2026-11-25 17:39:43.624742+00	2026-11-25 17:39:43.624742+00	2026-11-25 17:39:43.624682+00	transfer	\N	\N	\N	\N	postgres	\N	\N
13	2	1	1	11	12	2026-11-25 17:39:43.624925+00	2026-11-25 17:39:43.624925+00	2026-11-25 17:39:43.624866+00	transfer	\N	\N	\N	\N	postgres	\N	\N
14	2	1	1	12	13	2026-11-25 17:39:43.625107+00	2026-11-25 17:39:43.625107+00	2026-11-25 17:39:43.625047+00	transfer	\N	\N	\N	\N	postgres	\N	\N
15	2	1	1	13	14	2026-11-25 17:39:43.625288+00	2026-11-25 17:39:43.625288+00	2026-11-25 17:39:43.625227+00	transfer	\N	\N	\N	\N	postgres	\N	\N
16	2	1	1	14	15	2026-11-25 17:39:43.625464+00	2026-11-25 17:39:43.625464+00	2026-11-25 17:39:43.625406+00	transfer	\N	\N	\N	\N	postgres	\N	\N
17	2	1	1	15	16	2026-11-25 17:39:43.625644+00	2026-11-25 17:39:43.625644+00	2026-11-25 17:39:43.625585+00	transfer	\N	\N	\N	\N	postgres	\N	\N
18	2	1	1	16	17	2026-11-25 17:39:43.625827+00	2026-11-25 17:39:43.625827+00	2026-11-25 17:39:43.625769+00	transfer	\N	\N	\N	\N	postgres	\N	\N
19	2	1	1	17	18	2026-11-25 17:39:43.626004+00	2026-11-25 17:39:43.626004+00	2026-11-25 17:39:43.625947+00	transfer	\N	\N	\N	\N	postgres	\N	\N
20	2	1	1	18	19	2026-11-25 17:39:43.626181+00	2026-11-25 17:39:43.626181+00	2026-11-25 17:39:43.626124+00	transfer	\N	\N	\N	\N	postgres	\N	\N
21	2	1	1	19	20	2026-11-25 17:39:43.626356+00	2026-11-25 17:39:43.626356+00	2026-11-25 17:39:43.626299+00	transfer	\N	\N	\N	\N	postgres	\N	\N
22	2	1	1	20	21	2026-11-25 17:39:43.626531+00	2026-11-25 17:39:43.626531+00	2026-11-25 17:39:43.626473+00	transfer	\N	\N	\N	\N	postgres	\N	\N
23	2	1	1	21	22	2026-11-25 17:39:43.626708+00	2026-11-25 17:39:43.626708+00	2026-11-25 17:39:43.626651+00	transfer	\N	\N	\N	\N	postgres	\N	\N
24	2	1	1	22	23	2026-11-25 17:39:43.626885+00	2026-11-25 17:39:43.626885+00	2026-11-25 17:39:43.626826+00	transfer	\N	\N	\N	\N	postgres	\N	\N
25	2	1	1	23	24	2026-11-25 17:39:43.627063+00	2026-11-25 17:39:43.627063+00	2026-11-25 17:39:43.627006+00	transfer	\N	\N	\N	\N	postgres	\N	\N
26	2	1	1	24	25	2026-11-25 17:39:43.627241+00	2026-11-25 17:39:43.627241+00	2026-11-25 17:39:43.627183+00	transfer	\N	\N	\N	\N	postgres	\N	\N
27	2	1	1	25	26	2026-11-25 17:39:43.627416+00	2026-11-25 17:39:43.627416+00	2026-11-25 17:39:43.627359+00	transfer	\N	\N	\N	\N	postgres	\N	\N
28	2	1	1	26	27	2026-11-25 17:39:43.627592+00	2026-11-25 17:39:43.627592+00	2026-11-25 17:39:43.627535+00	transfer	\N	\N	\N	\N	postgres	\N	\N
29	2	1	1	27	28	2026-11-25 17:39:43.627773+00	2026-11-25 17:39:43.627773+00	2026-11-25 17:39:43.627713+00	transfer	\N	\N	\N	\N	postgres	\N	\N
30	2	1	1	28	29	2026-11-25 17:39:43.627949+00	2026-11-25 17:39:43.627949+00	2026-11-25 17:39:43.627891+00	transfer	\N	\N	\N	\N	postgres	\N	\N
31	2	1	1	29	30	2026-11-25 17:39:43.628125+00	2026-11-25 17:39:43.628125+00	2026-11-25 17:39:43.628068+00	transfer	\N	\N	\N	\N	postgres	\N	\N
32	2	1	1	30	31	2026-11-25 17:39:43.62831+00	2026-11-25 17:39:43.62831+00	2026-11-25 17:39:43.628251+00	transfer	\N	\N	\N	\N	postgres	\N	\N
33	2	1	1	31	32	2026-11-25 17:39:43.628518+00	2026-11-25 17:39:43.628518+00	2026-11-25 17:39:43.628457+00	transfer	\N	\N	\N	\N	postgres	\N	\N
34	2	1	1	32	33	2026-11-25 17:39:43.628711+00	2026-11-25 17:39:43.628711+00	2026-11-25 17:39:43.628653+00	transfer	\N	\N	\N	\N	postgres	\N	\N
35	2	1	1	33	34	2026-11-25 17:39:43.628904+00	2026-11-25 17:39:43.628904+00	2026-11-25 17:39:43.628845+00	transfer	\N	\N	\N	\N	postgres	\N	\N
36	2	1	1	34	35	2026-11-25 17:39:43.629098+00	2026-11-25 17:39:43.629098+00	2026-11-25 17:39:43.62904+00	transfer	\N	\N	\N	\N	postgres	\N	\N
37	2	1	1	35	36	2026-11-25 17:39:43.629289+00	2026-11-25 17:39:43.629289+00	2026-11-25 17:39:43.629232+00	transfer	\N	\N	\N	\N	postgres	\N	\N
38	2	1	1	36	37	2026-11-25 17:39:43.629482+00	2026-11-25 17:39:43.629482+00	2026-11-25 17:39:43.629424+00	transfer	\N	\N	\N	\N	postgres	\N	\N
39	2	1	1	37	38	2026-11-25 17:39:43.629665+00	2026-11-25 17:39:43.629665+00	2026-11-25 17:39:43.629607+00	transfer	\N	\N	\N	\N	postgres	\N	\N
40	2	1	1	38	39	2026-11-25 17:39:43.629852+00	2026-11-25 17:39:43.629852+00	2026-11-25 17:39:43.629794+00	transfer	\N	\N	\N	\N	postgres	\N	\N
41	2	1	1	39	40	2026-11-25 17:39:43.630032+00	2026-11-25 17:39:43.630032+00	2026-11-25 17:39:43.629975+00	transfer	\N	\N	\N	\N	postgres	\N	\N
42	2	1	1	40	41	2026-11-25 17:39:43.63021+00	2026-11-25 17:39:43.63021+00	2026-11-25 17:39:43.630152+00	transfer	\N	\N	\N	\N	postgres	\N	\N
43	2	1	1	41	42	2026-11-25 17:39:43.630398+00	2026-11-25 17:39:43.630398+00	2026-11-25 17:39:43.630336+00	transfer	\N	\N	\N	\N	postgres	\N	\N
44	2	1	1	42	43	2026-11-25 17:39:43.630585+00	2026-11-25 17:39:43.630585+00	2026-11-25 17:39:43.630528+00	transfer	\N	\N	\N	\N	postgres	\N	\N
45	2	1	1	43	44	2026-11-25 17:39:43.630773+00	2026-11-25 17:39:43.630773+00	2026-11-25 17:39:43.630716+00	transfer	\N	\N	\N	\N	postgres	\N	\N
46	2	1	1	44	45	2026-11-25 17:39:43.631165+00	2026-11-25 17:39:43.631165+00	2026-11-25 17:39:43.631098+00	transfer	\N	\N	\N	\N	postgres	\N	\N
47	2	1	1	45	46	2026-11-25 17:39:43.631417+00	2026-11-25 17:39:43.631417+00	2026-11-25 17:39:43.631358+00	transfer	\N	\N	\N	\N	postgres	\N	\N
48	2	1	1	46	47	2026-11-25 17:39:43.631608+00	2026-11-25 17:39:43.631608+00	2026-11-25 17:39:43.63155+00	transfer	\N	\N	\N	\N	postgres	\N	\N
49	2	1	1	47	48	2026-11-25 17:39:43.631788+00	2026-11-25 17:39:43.631788+00	2026-11-25 17:39:43.631731+00	transfer	\N	\N	\N	\N	postgres	\N	\N
50	2	1	1	48	49	2026-11-25 17:39:43.631966+00	2026-11-25 17:39:43.631966+00	2026-11-25 17:39:43.631909+00	transfer	\N	\N	\N	\N	postgres	\N	\N
51	2	1	1	49	50	2026-11-25 17:39:43.632145+00	2026-11-25 17:39:43.632145+00	2026-11-25 17:39:43.632087+00	transfer	\N	\N	\N	\N	postgres	\N	\N
52	2	1	1	50	51	2026-11-25 17:39:43.632325+00	2026-11-25 17:39:43.632325+00	2026-11-25 17:39:43.632266+00	transfer	\N	\N	\N	\N	postgres	\N	\N
53	2	1	1	51	52	2026-11-25 17:39:43.632544+00	2026-11-25 17:39:43.632544+00	2026-11-25 17:39:43.632481+00	transfer	\N	\N	\N	\N	postgres	\N	\N
54	1	2	10	53	52	2026-11-25 17:39:43.634743+00	2026-11-25 17:39:43.634743+00	2026-11-25 17:39:43.63457+00	capture	\N	\N	\N	1	postgres	a deposit	\N
55	5	7	5	2	1	2026-11-25 17:39:43.642372+00	2026-11-25 17:39:43.642372+00	2026-11-25 17:39:43.642204+00	deposit	\N	\N	\N	\N	postgres	\N	\N
56	\N	\N	10	\N	\N	2026-11-25 17:39:43.642764+00	2026-11-25 17:39:43.642764+00	2026-11-25 17:39:43.642549+00	clear_payment	\N	5	5	\N	postgres	\N	\N
57	\N	\N	10	\N	\N	2026-11-25 17:39:43.647657+00	2026-11-25 17:39:43.647657+00	2026-11-25 17:39:43.643372+00	settlement	\N	\N	\N	\N	postgres	settlement of wire, 2026-11-25	\N
58	\N	\N	12	\N	\N	2026-11-25 17:39:43.648485+00	2026-11-25 17:39:43.648485+00	2026-11-25 17:39:43.648299+00	clear_payment	\N	6	6	\N	postgres	\N	\N
59	\N	\N	2	\N	\N	2026-11-25 17:39:43.650986+00	2026-11-25 17:39:43.650986+00	2026-11-25 17:39:43.650844+00	clear_payment	\N	1	1	\N	postgres	\N	\N
60	5	1	1	3	57	2026-11-25 17:39:43.652811+00	2020-01-01 12:00:00+00	2026-11-25 17:39:43.652713+00	deposit	\N	\N	\N	\N	postgres	\N	\N
61	1	2	2	58	56	2026-11-25 17:39:43.690075+00	2026-11-25 17:39:43.690075+00	2026-11-25 17:39:43.689106+00	standing_order	\N	\N	\N	\N	postgres	\N	\N
62	1	2	2	59	57	2026-11-25 17:39:43.691356+00	2026-11-25 17:39:43.691356+00	2026-11-25 17:39:43.691185+00	standing_order	\N	\N	\N	\N	postgres	\N	\N
63	1	2	2	60	58	2026-11-25 17:39:43.691956+00	2026-11-25 17:39:43.691956+00	2026-11-25 17:39:43.69181+00	standing_order	\N	\N	\N	\N	postgres	\N	\N
64	-3586	11	500	1	1	2026-11-25 17:39:43.721914+00	2026-11-25 17:39:43.721914+00	2026-11-25 17:39:43.721591+00	deposit	\N	\N	\N	\N	postgres	\N	\N
65	-3586	12	500	2	1	2026-11-25 17:39:43.722347+00	2026-11-25 17:39:43.722347+00	2026-11-25 17:39:43.722266+00	deposit	\N	\N	\N	\N	postgres	\N	\N
66	11	12	7	2	2	2026-11-25 17:39:43.722761+00	2026-11-25 17:39:43.722761+00	2026-11-25 17:39:43.72253+00	transfer	\N	\N	\N	\N	postgres	\N	\N
67	12	11	8	3	3	2026-11-25 17:39:43.722761+00	2026-11-25 17:39:43.722761+00	2026-11-25 17:39:43.72253+00	transfer	\N	\N	\N	\N	postgres	\N	\N
68	\N	\N	9	\N	\N	2026-11-25 17:39:43.723541+00	2026-11-25 17:39:43.723541+00	2026-11-25 17:39:43.723405+00	journal	\N	\N	\N	\N	postgres	\N	\N
69	\N	\N	9	\N	\N	2026-11-25 17:39:43.723995+00	2026-11-25 17:39:43.723995+00	2026-11-25 17:39:43.723747+00	reversal	68	\N	\N	\N	postgres	\N	\N
70	\N	\N	\N	\N	\N	2026-11-25 17:39:43.72454+00	2026-11-25 17:39:43.72454+00	2026-11-25 17:39:43.724295+00	exchange	\N	100	17000	\N	postgres	\N	\N
71	24	18	1000	1	1	2026-11-25 17:39:43.727175+00	2026-11-25 17:39:43.727175+00	2026-11-25 17:39:43.727059+00	deposit	\N	\N	\N	\N	postgres	setup	\N
72	24	19	1000	2	1	2026-11-25 17:39:43.727487+00	2026-11-25 17:39:43.727487+00	2026-11-25 17:39:43.727405+00	deposit	\N	\N	\N	\N	postgres	setup	\N
73	24	20	1000	3	1	2026-11-25 17:39:43.727754+00	2026-11-25 17:39:43.727754+00	2026-11-25 17:39:43.727679+00	deposit	\N	\N	\N	\N	postgres	setup	\N
74	24	21	1000	4	1	2026-11-25 17:39:43.728003+00	2026-11-25 17:39:43.728003+00	2026-11-25 17:39:43.727928+00	deposit	\N	\N	\N	\N	postgres	setup	\N
75	24	22	1000	5	1	2026-11-25 17:39:43.728283+00	2026-11-25 17:39:43.728283+00	2026-11-25 17:39:43.728211+00	deposit	\N	\N	\N	\N	postgres	setup	\N
76	24	23	1000	6	1	2026-11-25 17:39:43.728659+00	2026-11-25 17:39:43.728659+00	2026-11-25 17:39:43.728577+00	deposit	\N	\N	\N	\N	postgres	setup	\N
\.


--
-- Data for Name: verification_findings; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.verification_findings (verification_id, invariant, account_id, version, transfer_id, detail) FROM stdin;
\.


--
-- Data for Name: verifications; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.verifications (id, started_at, finished_at, findings, since) FROM stdin;
1	2026-11-25 17:39:43.693517+00	2026-11-25 17:39:43.718921+00	0	\N
\.


--
-- Name: account_events_id_seq; Type: SEQUENCE SET; Schema: simplebank; Owner: simplebank_owner
--

SELECT pg_catalog.setval('simplebank.account_events_id_seq', 35, true);


--
-- Name: accounts_id_seq; Type: SEQUENCE SET; Schema: simplebank; Owner: simplebank_owner
--

SELECT pg_catalog.setval('simplebank.accounts_id_seq', 24, true);


--
-- Name: audit_events_id_seq; Type: SEQUENCE SET; Schema: simplebank; Owner: simplebank_owner
--

SELECT pg_catalog.setval('simplebank.audit_events_id_seq', 18, true);


--
-- Name: day_events_id_seq; Type: SEQUENCE SET; Schema: simplebank; Owner: simplebank_owner
--

SELECT pg_catalog.setval('simplebank.day_events_id_seq', 1, true);


--
-- Name: holds_id_seq; Type: SEQUENCE SET; Schema: simplebank; Owner: simplebank_owner
--

SELECT pg_catalog.setval('simplebank.holds_id_seq', 2, true);


--
-- Name: job_runs_id_seq; Type: SEQUENCE SET; Schema: simplebank; Owner: simplebank_owner
--

SELECT pg_catalog.setval('simplebank.job_runs_id_seq', 4, true);


--
-- Name: settlement_cycles_id_seq; Type: SEQUENCE SET; Schema: simplebank; Owner: simplebank_owner
--

SELECT pg_catalog.setval('simplebank.settlement_cycles_id_seq', 2, true);


--
-- Name: standing_orders_id_seq; Type: SEQUENCE SET; Schema: simplebank; Owner: simplebank_owner
--

SELECT pg_catalog.setval('simplebank.standing_orders_id_seq', 2, true);


--
-- Name: transfers_id_seq; Type: SEQUENCE SET; Schema: simplebank; Owner: simplebank_owner
--

SELECT pg_catalog.setval('simplebank.transfers_id_seq', 76, true);


--
-- Name: verifications_id_seq; Type: SEQUENCE SET; Schema: simplebank; Owner: simplebank_owner
--

SELECT pg_catalog.setval('simplebank.verifications_id_seq', 1, true);


--
-- PostgreSQL database dump complete
--


