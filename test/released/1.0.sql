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
1	1	opened	0	\N	postgres	2026-11-25 17:31:17.245788+00	\N	\N	{"kind": "liability", "owner": "alice", "currency": "USD", "min_balance": 0}
2	2	opened	0	\N	postgres	2026-11-25 17:31:17.246293+00	\N	\N	{"kind": "liability", "owner": "bob", "currency": "USD", "min_balance": 0}
3	3	opened	0	\N	postgres	2026-11-25 17:31:17.246464+00	\N	\N	{"kind": "liability", "owner": "carol", "currency": "USD", "min_balance": 0}
4	4	opened	0	\N	postgres	2026-11-25 17:31:17.247279+00	\N	\N	{"kind": "liability", "name": "points", "owner": "alice", "currency": "POINTS", "max_balance": 500, "min_balance": 0}
5	5	opened	0	\N	postgres	2026-11-25 17:31:17.248161+00	\N	\N	{"kind": "asset", "name": "cash", "currency": "USD"}
6	6	opened	0	\N	postgres	2026-11-25 17:31:17.250212+00	\N	\N	{"kind": "asset", "name": "cash", "currency": "POINTS"}
7	2	limits	51	\N	postgres	2026-11-25 17:31:17.260483+00	a reserve	{"min_balance": 0}	{"max_balance": 5000, "min_balance": 100}
8	3	closed	0	\N	postgres	2026-11-25 17:31:17.261668+00	moved	{"status": "active"}	{"status": "closed"}
9	1	hold_placed	52	1	postgres	2026-11-25 17:31:17.263227+00	\N	{"held": 0, "available": 750}	{"held": 40, "available": 710}
10	1	hold_captured	53	1	postgres	2026-11-25 17:31:17.265141+00	\N	{"held": 40, "available": 710}	{"held": 30, "available": 710}
11	7	opened	0	\N	postgres	2026-11-25 17:31:17.269438+00	\N	\N	{"kind": "liability", "owner": "north", "currency": "USD", "min_balance": 0}
12	8	opened	0	\N	postgres	2026-11-25 17:31:17.269593+00	\N	\N	{"kind": "liability", "owner": "south", "currency": "USD", "min_balance": 0}
13	9	opened	0	\N	postgres	2026-11-25 17:31:17.270462+00	\N	\N	{"kind": "liability", "name": "clearing wire/north", "currency": "USD"}
14	9	status	0	\N	postgres	2026-11-25 17:31:17.271022+00	clearing account	{"status": "active"}	{"status": "frozen"}
15	10	opened	0	\N	postgres	2026-11-25 17:31:17.271388+00	\N	\N	{"kind": "liability", "name": "clearing wire/south", "currency": "USD"}
16	10	status	0	\N	postgres	2026-11-25 17:31:17.271523+00	clearing account	{"status": "active"}	{"status": "frozen"}
17	1	interest	56	\N	postgres	2026-11-25 17:31:17.283255+00	\N	\N	{"day_count": "ACT/365F", "valid_from": "2020-01-01", "annual_rate": 0.5, "overdraft_rate": 0}
18	11	opened	0	\N	postgres	2026-11-25 17:31:17.355344+00	\N	\N	{"kind": "liability", "owner": "erin", "currency": "CHF", "min_balance": 0}
19	12	opened	0	\N	postgres	2026-11-25 17:31:17.355549+00	\N	\N	{"kind": "liability", "owner": "frank", "currency": "CHF", "min_balance": 0}
20	13	opened	0	\N	postgres	2026-11-25 17:31:17.355691+00	\N	\N	{"kind": "liability", "owner": "grace", "currency": "JPY", "min_balance": 0}
21	14	opened	0	\N	postgres	2026-11-25 17:31:17.355976+00	\N	\N	{"kind": "asset", "name": "cash", "currency": "CHF"}
22	14	stripes	0	\N	postgres	2026-11-25 17:31:17.356417+00	\N	{}	{"stripes": 4}
23	15	opened	0	\N	postgres	2026-11-25 17:31:17.358239+00	\N	\N	{"kind": "income", "name": "fees", "currency": "CHF"}
24	16	opened	0	\N	postgres	2026-11-25 17:31:17.359321+00	\N	\N	{"kind": "equity", "name": "fx", "currency": "CHF"}
25	17	opened	0	\N	postgres	2026-11-25 17:31:17.359361+00	\N	\N	{"kind": "equity", "name": "fx", "currency": "JPY"}
26	11	hold_placed	6	2	postgres	2026-11-25 17:31:17.359756+00	\N	{"held": 0, "available": 401}	{"held": 3, "available": 398}
27	11	hold_released	6	2	postgres	2026-11-25 17:31:17.36012+00	\N	{"held": 3, "available": 398}	{"held": 0, "available": 401}
28	12	status	5	\N	postgres	2026-11-25 17:31:17.360367+00	card stolen	{"status": "active"}	{"status": "frozen"}
29	18	opened	0	\N	postgres	2026-11-25 17:31:17.360638+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
30	19	opened	0	\N	postgres	2026-11-25 17:31:17.360778+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
31	20	opened	0	\N	postgres	2026-11-25 17:31:17.360899+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
32	21	opened	0	\N	postgres	2026-11-25 17:31:17.361013+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
33	22	opened	0	\N	postgres	2026-11-25 17:31:17.361126+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
34	23	opened	0	\N	postgres	2026-11-25 17:31:17.361237+00	\N	\N	{"kind": "liability", "owner": "load", "currency": "EUR", "min_balance": 0}
35	24	opened	0	\N	postgres	2026-11-25 17:31:17.361399+00	\N	\N	{"kind": "asset", "name": "cash", "currency": "EUR"}
\.


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.accounts (id, balance, held, version, created_at, updated_at, is_system, currency, status, kind, min_balance, max_balance, stripes, owner, name, metadata) FROM stdin;
11	401	0	6	2026-11-25 17:31:17.35514+00	2026-11-25 17:31:17.359395+00	f	CHF	active	liability	0	\N	\N	erin	\N	\N
4	70	0	1	2026-11-25 17:31:17.247144+00	2026-11-25 17:31:17.250238+00	f	POINTS	active	liability	0	500	\N	alice	points	{"tier": "gold"}
6	-70	0	1	2026-11-25 17:31:17.250081+00	2026-11-25 17:31:17.250238+00	t	POINTS	active	asset	\N	\N	\N	simplebank	cash	\N
12	499	0	5	2026-11-25 17:31:17.355462+00	2026-11-25 17:31:17.358917+00	f	CHF	frozen	liability	0	\N	\N	frank	\N	\N
1	725	30	60	2026-11-25 17:31:17.242372+00	2026-11-25 17:31:17.324866+00	f	USD	active	liability	0	\N	\N	alice	\N	\N
2	276	0	58	2026-11-25 17:31:17.246137+00	2026-11-25 17:31:17.324866+00	f	USD	active	liability	100	5000	\N	bob	\N	\N
7	0	0	2	2026-11-25 17:31:17.269306+00	2026-11-25 17:31:17.278476+00	f	USD	active	liability	0	\N	\N	north	\N	\N
8	5	0	1	2026-11-25 17:31:17.269515+00	2026-11-25 17:31:17.278476+00	f	USD	active	liability	0	\N	\N	south	\N	\N
-3584	0	0	0	2026-11-25 17:31:17.355749+00	2026-11-25 17:31:17.355951+00	t	CHF	active	asset	\N	\N	\N	simplebank	\N	\N
-3585	0	0	0	2026-11-25 17:31:17.355749+00	2026-11-25 17:31:17.355951+00	t	CHF	active	asset	\N	\N	\N	simplebank	\N	\N
-3587	0	0	0	2026-11-25 17:31:17.355749+00	2026-11-25 17:31:17.355951+00	t	CHF	active	asset	\N	\N	\N	simplebank	\N	\N
14	0	0	0	2026-11-25 17:31:17.355749+00	2026-11-25 17:31:17.355951+00	t	CHF	active	asset	\N	\N	4	simplebank	cash	\N
19	1000	0	1	2026-11-25 17:31:17.360706+00	2026-11-25 17:31:17.361636+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
15	0	0	2	2026-11-25 17:31:17.358067+00	2026-11-25 17:31:17.358917+00	t	CHF	active	income	\N	\N	\N	simplebank	fees	\N
9	-5	0	4	2026-11-25 17:31:17.269654+00	2026-11-25 17:31:17.281703+00	t	USD	frozen	liability	\N	\N	\N	simplebank	clearing wire/north	\N
3	0	0	0	2026-11-25 17:31:17.246374+00	2026-11-25 17:31:17.246451+00	f	USD	closed	liability	0	\N	\N	carol	\N	\N
10	5	0	4	2026-11-25 17:31:17.271185+00	2026-11-25 17:31:17.281703+00	t	USD	frozen	liability	\N	\N	\N	simplebank	clearing wire/south	\N
5	-1006	0	3	2026-11-25 17:31:17.247387+00	2026-11-25 17:31:17.283533+00	t	USD	active	asset	\N	\N	\N	simplebank	cash	\N
-3586	-1000	0	2	2026-11-25 17:31:17.355749+00	2026-11-25 17:31:17.357435+00	t	CHF	active	asset	\N	\N	\N	simplebank	\N	\N
13	17000	0	1	2026-11-25 17:31:17.35562+00	2026-11-25 17:31:17.359395+00	f	JPY	active	liability	0	\N	\N	grace	\N	\N
16	100	0	1	2026-11-25 17:31:17.359175+00	2026-11-25 17:31:17.359395+00	t	CHF	active	equity	\N	\N	\N	simplebank	fx	\N
17	-17000	0	1	2026-11-25 17:31:17.359175+00	2026-11-25 17:31:17.359395+00	t	JPY	active	equity	\N	\N	\N	simplebank	fx	\N
21	1000	0	1	2026-11-25 17:31:17.360952+00	2026-11-25 17:31:17.36211+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
18	1000	0	1	2026-11-25 17:31:17.360521+00	2026-11-25 17:31:17.36142+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
23	1000	0	1	2026-11-25 17:31:17.361179+00	2026-11-25 17:31:17.362483+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
20	1000	0	1	2026-11-25 17:31:17.360835+00	2026-11-25 17:31:17.36183+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
24	-6000	0	6	2026-11-25 17:31:17.361295+00	2026-11-25 17:31:17.362483+00	t	EUR	active	asset	\N	\N	\N	simplebank	cash	\N
22	1000	0	1	2026-11-25 17:31:17.361067+00	2026-11-25 17:31:17.3623+00	f	EUR	active	liability	0	\N	\N	load	\N	\N
\.


--
-- Data for Name: audit_events; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.audit_events (id, created_at, action, details, reason, role, session_role, application_name, client_address, process_id, transaction_id) FROM stdin;
1	2026-11-25 17:31:17.246942+00	add_currency	{"code": "POINTS", "name": "Loyalty points", "exponent": 0}	\N	postgres	postgres		\N	22414	729
2	2026-11-25 17:31:17.260517+00	set_account_limits	{"after": {"max_balance": 5000, "min_balance": 100}, "before": {"min_balance": 0}, "account_id": 2}	a reserve	postgres	postgres		\N	22414	784
3	2026-11-25 17:31:17.261698+00	close_account	{"after": {"status": "closed"}, "before": {"status": "active"}, "account_id": 3}	moved	postgres	postgres		\N	22414	785
4	2026-11-25 17:31:17.266593+00	set_job	{"after": {"name": "purge_keys", "class": "dated", "enabled": true, "due_time": "04:00:00", "ticked_at": null, "waits_for": [], "watermark": null, "description": "removes idempotency keys older than simplebank.key_retention, and old records of ticks", "retry_after": "00:01:00", "max_attempts": 3, "between_dates": false, "business_days_only": false}, "before": {"name": "purge_keys", "class": "dated", "enabled": true, "due_time": "02:00:00", "ticked_at": null, "waits_for": [], "watermark": null, "description": "removes idempotency keys older than simplebank.key_retention, and old records of ticks", "retry_after": "00:01:00", "max_attempts": 8, "between_dates": false, "business_days_only": false}}	\N	postgres	postgres		\N	22414	788
5	2026-11-25 17:31:17.267083+00	set_business_day	{"day": "2026-12-25", "description": null, "is_business_day": false}	\N	postgres	postgres		\N	22414	789
6	2026-11-25 17:31:17.269203+00	create_settlement_group	{"name": "wire", "cutoff": "18:00:00", "currency": "USD"}	\N	postgres	postgres		\N	22414	792
7	2026-11-25 17:31:17.271043+00	set_account_status	{"after": {"status": "frozen"}, "before": {"status": "active"}, "account_id": 9}	clearing account	postgres	postgres		\N	22414	795
8	2026-11-25 17:31:17.271097+00	add_settlement_member	{"member": "north", "group_name": "wire", "clearing_account": 9, "settlement_account": 7}	\N	postgres	postgres		\N	22414	795
9	2026-11-25 17:31:17.271538+00	set_account_status	{"after": {"status": "frozen"}, "before": {"status": "active"}, "account_id": 10}	clearing account	postgres	postgres		\N	22414	796
10	2026-11-25 17:31:17.271562+00	add_settlement_member	{"member": "south", "group_name": "wire", "clearing_account": 10, "settlement_account": 8}	\N	postgres	postgres		\N	22414	796
11	2026-11-25 17:31:17.272242+00	assign_member	{"member": "north", "account_id": 1, "group_name": "wire"}	\N	postgres	postgres		\N	22414	797
12	2026-11-25 17:31:17.272599+00	assign_member	{"member": "south", "account_id": 2, "group_name": "wire"}	\N	postgres	postgres		\N	22414	798
13	2026-11-25 17:31:17.277482+00	settle	{"group_name": "wire", "business_date": null}	\N	postgres	postgres		\N	22414	801
14	2026-11-25 17:31:17.280956+00	settle	{"group_name": "wire", "business_date": null}	\N	postgres	postgres		\N	22414	804
15	2026-11-25 17:31:17.283321+00	set_interest	{"day_count": "ACT/365F", "account_id": 1, "valid_from": "2020-01-01", "annual_rate": 0.5, "overdraft_rate": 0}	\N	postgres	postgres		\N	22414	806
16	2026-11-25 17:31:17.311759+00	close_day	{"day": "2020-02-01"}	\N	postgres	postgres		\N	22414	819
17	2026-11-25 17:31:17.356528+00	set_stripes	{"after": {"stripes": 4}, "before": {}, "account_id": 14}	\N	postgres	postgres		\N	22414	846
18	2026-11-25 17:31:17.360389+00	set_account_status	{"after": {"status": "frozen"}, "before": {"status": "active"}, "account_id": 12}	card stolen	postgres	postgres		\N	22414	856
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
2020-02-01	2020-02-02 00:00:00+00	2026-11-25 17:31:17.305862+00	2026-11-25 17:31:17.311275+00	10	2	60	17	\N	\N	cycle 2 of wire
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
1	2020-02-01	closed	postgres	2026-11-25 17:31:17.311451+00	\N
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
5	1	1	-1000	-1000	2026-11-25 17:31:17.248969+00	2026-11-25 17:31:17.247387+00	\N	\N
1	1	1	1000	1000	2026-11-25 17:31:17.248969+00	2026-11-25 17:31:17.247387+00	\N	\N
6	1	2	-70	-70	2026-11-25 17:31:17.250238+00	2026-11-25 17:31:17.250081+00	\N	\N
4	1	2	70	70	2026-11-25 17:31:17.250238+00	2026-11-25 17:31:17.250081+00	\N	\N
1	2	3	-300	700	2026-11-25 17:31:17.250524+00	2026-11-25 17:31:17.250383+00	2024-02-29 12:00:00+00	\N
2	1	3	300	300	2026-11-25 17:31:17.250524+00	2026-11-25 17:31:17.250383+00	2024-02-29 12:00:00+00	\N
2	2	4	-1	299	2026-11-25 17:31:17.250876+00	2026-11-25 17:31:17.250802+00	\N	\N
1	3	4	1	701	2026-11-25 17:31:17.250876+00	2026-11-25 17:31:17.250802+00	\N	\N
2	3	5	-1	298	2026-11-25 17:31:17.251056+00	2026-11-25 17:31:17.250993+00	\N	\N
1	4	5	1	702	2026-11-25 17:31:17.251056+00	2026-11-25 17:31:17.250993+00	\N	\N
2	4	6	-1	297	2026-11-25 17:31:17.251367+00	2026-11-25 17:31:17.251293+00	\N	\N
1	5	6	1	703	2026-11-25 17:31:17.251367+00	2026-11-25 17:31:17.251293+00	\N	\N
2	5	7	-1	296	2026-11-25 17:31:17.251541+00	2026-11-25 17:31:17.251479+00	\N	\N
1	6	7	1	704	2026-11-25 17:31:17.251541+00	2026-11-25 17:31:17.251479+00	\N	\N
2	6	8	-1	295	2026-11-25 17:31:17.251707+00	2026-11-25 17:31:17.251647+00	\N	\N
1	7	8	1	705	2026-11-25 17:31:17.251707+00	2026-11-25 17:31:17.251647+00	\N	\N
2	7	9	-1	294	2026-11-25 17:31:17.251869+00	2026-11-25 17:31:17.25181+00	\N	\N
1	8	9	1	706	2026-11-25 17:31:17.251869+00	2026-11-25 17:31:17.25181+00	\N	\N
2	8	10	-1	293	2026-11-25 17:31:17.252029+00	2026-11-25 17:31:17.25197+00	\N	\N
1	9	10	1	707	2026-11-25 17:31:17.252029+00	2026-11-25 17:31:17.25197+00	\N	\N
2	9	11	-1	292	2026-11-25 17:31:17.252187+00	2026-11-25 17:31:17.252128+00	\N	\N
1	10	11	1	708	2026-11-25 17:31:17.252187+00	2026-11-25 17:31:17.252128+00	\N	\N
2	10	12	-1	291	2026-11-25 17:31:17.252344+00	2026-11-25 17:31:17.252287+00	\N	\N
1	11	12	1	709	2026-11-25 17:31:17.252344+00	2026-11-25 17:31:17.252287+00	\N	\N
2	11	13	-1	290	2026-11-25 17:31:17.252553+00	2026-11-25 17:31:17.252486+00	\N	\N
1	12	13	1	710	2026-11-25 17:31:17.252553+00	2026-11-25 17:31:17.252486+00	\N	\N
2	12	14	-1	289	2026-11-25 17:31:17.252722+00	2026-11-25 17:31:17.252662+00	\N	\N
1	13	14	1	711	2026-11-25 17:31:17.252722+00	2026-11-25 17:31:17.252662+00	\N	\N
2	13	15	-1	288	2026-11-25 17:31:17.252885+00	2026-11-25 17:31:17.252824+00	\N	\N
1	14	15	1	712	2026-11-25 17:31:17.252885+00	2026-11-25 17:31:17.252824+00	\N	\N
2	14	16	-1	287	2026-11-25 17:31:17.253043+00	2026-11-25 17:31:17.252985+00	\N	\N
1	15	16	1	713	2026-11-25 17:31:17.253043+00	2026-11-25 17:31:17.252985+00	\N	\N
2	15	17	-1	286	2026-11-25 17:31:17.253197+00	2026-11-25 17:31:17.25314+00	\N	\N
1	16	17	1	714	2026-11-25 17:31:17.253197+00	2026-11-25 17:31:17.25314+00	\N	\N
2	16	18	-1	285	2026-11-25 17:31:17.253351+00	2026-11-25 17:31:17.253294+00	\N	\N
1	17	18	1	715	2026-11-25 17:31:17.253351+00	2026-11-25 17:31:17.253294+00	\N	\N
2	17	19	-1	284	2026-11-25 17:31:17.253507+00	2026-11-25 17:31:17.253449+00	\N	\N
1	18	19	1	716	2026-11-25 17:31:17.253507+00	2026-11-25 17:31:17.253449+00	\N	\N
2	18	20	-1	283	2026-11-25 17:31:17.253663+00	2026-11-25 17:31:17.253605+00	\N	\N
1	19	20	1	717	2026-11-25 17:31:17.253663+00	2026-11-25 17:31:17.253605+00	\N	\N
2	19	21	-1	282	2026-11-25 17:31:17.253816+00	2026-11-25 17:31:17.25376+00	\N	\N
1	20	21	1	718	2026-11-25 17:31:17.253816+00	2026-11-25 17:31:17.25376+00	\N	\N
2	20	22	-1	281	2026-11-25 17:31:17.253973+00	2026-11-25 17:31:17.253916+00	\N	\N
1	21	22	1	719	2026-11-25 17:31:17.253973+00	2026-11-25 17:31:17.253916+00	\N	\N
2	21	23	-1	280	2026-11-25 17:31:17.254127+00	2026-11-25 17:31:17.25407+00	\N	\N
1	22	23	1	720	2026-11-25 17:31:17.254127+00	2026-11-25 17:31:17.25407+00	\N	\N
2	22	24	-1	279	2026-11-25 17:31:17.254282+00	2026-11-25 17:31:17.254225+00	\N	\N
1	23	24	1	721	2026-11-25 17:31:17.254282+00	2026-11-25 17:31:17.254225+00	\N	\N
2	23	25	-1	278	2026-11-25 17:31:17.254437+00	2026-11-25 17:31:17.254381+00	\N	\N
1	24	25	1	722	2026-11-25 17:31:17.254437+00	2026-11-25 17:31:17.254381+00	\N	\N
2	24	26	-1	277	2026-11-25 17:31:17.254591+00	2026-11-25 17:31:17.254533+00	\N	\N
1	25	26	1	723	2026-11-25 17:31:17.254591+00	2026-11-25 17:31:17.254533+00	\N	\N
2	25	27	-1	276	2026-11-25 17:31:17.254745+00	2026-11-25 17:31:17.254688+00	\N	\N
1	26	27	1	724	2026-11-25 17:31:17.254745+00	2026-11-25 17:31:17.254688+00	\N	\N
2	26	28	-1	275	2026-11-25 17:31:17.254899+00	2026-11-25 17:31:17.254842+00	\N	\N
1	27	28	1	725	2026-11-25 17:31:17.254899+00	2026-11-25 17:31:17.254842+00	\N	\N
2	27	29	-1	274	2026-11-25 17:31:17.255056+00	2026-11-25 17:31:17.254996+00	\N	\N
1	28	29	1	726	2026-11-25 17:31:17.255056+00	2026-11-25 17:31:17.254996+00	\N	\N
2	28	30	-1	273	2026-11-25 17:31:17.255215+00	2026-11-25 17:31:17.255154+00	\N	\N
1	29	30	1	727	2026-11-25 17:31:17.255215+00	2026-11-25 17:31:17.255154+00	\N	\N
2	29	31	-1	272	2026-11-25 17:31:17.255369+00	2026-11-25 17:31:17.255313+00	\N	\N
1	30	31	1	728	2026-11-25 17:31:17.255369+00	2026-11-25 17:31:17.255313+00	\N	\N
2	30	32	-1	271	2026-11-25 17:31:17.255521+00	2026-11-25 17:31:17.255465+00	\N	\N
1	31	32	1	729	2026-11-25 17:31:17.255521+00	2026-11-25 17:31:17.255465+00	\N	\N
2	31	33	-1	270	2026-11-25 17:31:17.255721+00	2026-11-25 17:31:17.255617+00	\N	\N
1	32	33	1	730	2026-11-25 17:31:17.255721+00	2026-11-25 17:31:17.255617+00	\N	\N
2	32	34	-1	269	2026-11-25 17:31:17.256021+00	2026-11-25 17:31:17.255825+00	\N	\N
1	33	34	1	731	2026-11-25 17:31:17.256021+00	2026-11-25 17:31:17.255825+00	\N	\N
2	33	35	-1	268	2026-11-25 17:31:17.256196+00	2026-11-25 17:31:17.256135+00	\N	\N
1	34	35	1	732	2026-11-25 17:31:17.256196+00	2026-11-25 17:31:17.256135+00	\N	\N
2	34	36	-1	267	2026-11-25 17:31:17.256355+00	2026-11-25 17:31:17.256298+00	\N	\N
1	35	36	1	733	2026-11-25 17:31:17.256355+00	2026-11-25 17:31:17.256298+00	\N	\N
2	35	37	-1	266	2026-11-25 17:31:17.256588+00	2026-11-25 17:31:17.25652+00	\N	\N
1	36	37	1	734	2026-11-25 17:31:17.256588+00	2026-11-25 17:31:17.25652+00	\N	\N
2	36	38	-1	265	2026-11-25 17:31:17.256787+00	2026-11-25 17:31:17.256724+00	\N	\N
1	37	38	1	735	2026-11-25 17:31:17.256787+00	2026-11-25 17:31:17.256724+00	\N	\N
2	37	39	-1	264	2026-11-25 17:31:17.256949+00	2026-11-25 17:31:17.256891+00	\N	\N
1	38	39	1	736	2026-11-25 17:31:17.256949+00	2026-11-25 17:31:17.256891+00	\N	\N
2	38	40	-1	263	2026-11-25 17:31:17.257108+00	2026-11-25 17:31:17.257051+00	\N	\N
1	39	40	1	737	2026-11-25 17:31:17.257108+00	2026-11-25 17:31:17.257051+00	\N	\N
2	39	41	-1	262	2026-11-25 17:31:17.257349+00	2026-11-25 17:31:17.257278+00	\N	\N
1	40	41	1	738	2026-11-25 17:31:17.257349+00	2026-11-25 17:31:17.257278+00	\N	\N
2	40	42	-1	261	2026-11-25 17:31:17.257513+00	2026-11-25 17:31:17.257455+00	\N	\N
1	41	42	1	739	2026-11-25 17:31:17.257513+00	2026-11-25 17:31:17.257455+00	\N	\N
2	41	43	-1	260	2026-11-25 17:31:17.257674+00	2026-11-25 17:31:17.257614+00	\N	\N
1	42	43	1	740	2026-11-25 17:31:17.257674+00	2026-11-25 17:31:17.257614+00	\N	\N
2	42	44	-1	259	2026-11-25 17:31:17.257831+00	2026-11-25 17:31:17.257774+00	\N	\N
1	43	44	1	741	2026-11-25 17:31:17.257831+00	2026-11-25 17:31:17.257774+00	\N	\N
2	43	45	-1	258	2026-11-25 17:31:17.257988+00	2026-11-25 17:31:17.25793+00	\N	\N
1	44	45	1	742	2026-11-25 17:31:17.257988+00	2026-11-25 17:31:17.25793+00	\N	\N
2	44	46	-1	257	2026-11-25 17:31:17.258959+00	2026-11-25 17:31:17.258886+00	\N	\N
1	45	46	1	743	2026-11-25 17:31:17.258959+00	2026-11-25 17:31:17.258886+00	\N	\N
2	45	47	-1	256	2026-11-25 17:31:17.259122+00	2026-11-25 17:31:17.259064+00	\N	\N
1	46	47	1	744	2026-11-25 17:31:17.259122+00	2026-11-25 17:31:17.259064+00	\N	\N
2	46	48	-1	255	2026-11-25 17:31:17.259279+00	2026-11-25 17:31:17.259221+00	\N	\N
1	47	48	1	745	2026-11-25 17:31:17.259279+00	2026-11-25 17:31:17.259221+00	\N	\N
2	47	49	-1	254	2026-11-25 17:31:17.259475+00	2026-11-25 17:31:17.259378+00	\N	\N
1	48	49	1	746	2026-11-25 17:31:17.259475+00	2026-11-25 17:31:17.259378+00	\N	\N
2	48	50	-1	253	2026-11-25 17:31:17.259639+00	2026-11-25 17:31:17.259579+00	\N	\N
1	49	50	1	747	2026-11-25 17:31:17.259639+00	2026-11-25 17:31:17.259579+00	\N	\N
2	49	51	-1	252	2026-11-25 17:31:17.259793+00	2026-11-25 17:31:17.259736+00	\N	\N
1	50	51	1	748	2026-11-25 17:31:17.259793+00	2026-11-25 17:31:17.259736+00	\N	\N
2	50	52	-1	251	2026-11-25 17:31:17.259948+00	2026-11-25 17:31:17.259891+00	\N	\N
1	51	52	1	749	2026-11-25 17:31:17.259948+00	2026-11-25 17:31:17.259891+00	\N	\N
2	51	53	-1	250	2026-11-25 17:31:17.260102+00	2026-11-25 17:31:17.260046+00	\N	\N
1	52	53	1	750	2026-11-25 17:31:17.260102+00	2026-11-25 17:31:17.260046+00	\N	\N
1	53	54	-10	740	2026-11-25 17:31:17.264713+00	2026-11-25 17:31:17.264477+00	\N	\N
2	52	54	10	260	2026-11-25 17:31:17.264713+00	2026-11-25 17:31:17.264477+00	\N	\N
5	2	55	-5	-1005	2026-11-25 17:31:17.272866+00	2026-11-25 17:31:17.272684+00	\N	\N
7	1	55	5	5	2026-11-25 17:31:17.272866+00	2026-11-25 17:31:17.272684+00	\N	\N
1	54	56	-5	735	2026-11-25 17:31:17.273289+00	2026-11-25 17:31:17.273043+00	\N	1
2	53	56	5	265	2026-11-25 17:31:17.273289+00	2026-11-25 17:31:17.273043+00	\N	4
9	1	56	-5	-5	2026-11-25 17:31:17.273289+00	2026-11-25 17:31:17.273043+00	\N	2
10	1	56	5	5	2026-11-25 17:31:17.273289+00	2026-11-25 17:31:17.273043+00	\N	3
7	2	57	-5	0	2026-11-25 17:31:17.278476+00	2026-11-25 17:31:17.273844+00	\N	2
8	1	57	5	5	2026-11-25 17:31:17.278476+00	2026-11-25 17:31:17.273844+00	\N	4
9	2	57	5	0	2026-11-25 17:31:17.278476+00	2026-11-25 17:31:17.273844+00	\N	1
10	2	57	-5	0	2026-11-25 17:31:17.278476+00	2026-11-25 17:31:17.273844+00	\N	3
1	55	58	-6	729	2026-11-25 17:31:17.279321+00	2026-11-25 17:31:17.279159+00	\N	1
2	54	58	6	271	2026-11-25 17:31:17.279321+00	2026-11-25 17:31:17.279159+00	\N	4
9	3	58	-6	-6	2026-11-25 17:31:17.279321+00	2026-11-25 17:31:17.279159+00	\N	2
10	3	58	6	6	2026-11-25 17:31:17.279321+00	2026-11-25 17:31:17.279159+00	\N	3
1	56	59	1	730	2026-11-25 17:31:17.281703+00	2026-11-25 17:31:17.281553+00	\N	4
2	55	59	-1	270	2026-11-25 17:31:17.281703+00	2026-11-25 17:31:17.281553+00	\N	1
9	4	59	1	-5	2026-11-25 17:31:17.281703+00	2026-11-25 17:31:17.281553+00	\N	3
10	4	59	-1	5	2026-11-25 17:31:17.281703+00	2026-11-25 17:31:17.281553+00	\N	2
5	3	60	-1	-1006	2026-11-25 17:31:17.283533+00	2026-11-25 17:31:17.283429+00	2020-01-01 12:00:00+00	\N
1	57	60	1	731	2026-11-25 17:31:17.283533+00	2026-11-25 17:31:17.283429+00	2020-01-01 12:00:00+00	\N
1	58	61	-2	729	2026-11-25 17:31:17.322282+00	2026-11-25 17:31:17.321368+00	\N	\N
2	56	61	2	272	2026-11-25 17:31:17.322282+00	2026-11-25 17:31:17.321368+00	\N	\N
1	59	62	-2	727	2026-11-25 17:31:17.323551+00	2026-11-25 17:31:17.323337+00	\N	\N
2	57	62	2	274	2026-11-25 17:31:17.323551+00	2026-11-25 17:31:17.323337+00	\N	\N
1	60	63	-2	725	2026-11-25 17:31:17.324866+00	2026-11-25 17:31:17.324663+00	\N	\N
2	58	63	2	276	2026-11-25 17:31:17.324866+00	2026-11-25 17:31:17.324663+00	\N	\N
-3586	1	64	-500	-500	2026-11-25 17:31:17.35705+00	2026-11-25 17:31:17.356656+00	\N	\N
11	1	64	500	500	2026-11-25 17:31:17.35705+00	2026-11-25 17:31:17.356656+00	\N	\N
-3586	2	65	-500	-1000	2026-11-25 17:31:17.357435+00	2026-11-25 17:31:17.357344+00	\N	\N
12	1	65	500	500	2026-11-25 17:31:17.357435+00	2026-11-25 17:31:17.357344+00	\N	\N
11	2	66	-7	493	2026-11-25 17:31:17.357825+00	2026-11-25 17:31:17.35757+00	\N	\N
11	3	67	8	501	2026-11-25 17:31:17.357825+00	2026-11-25 17:31:17.35757+00	\N	\N
12	2	66	7	507	2026-11-25 17:31:17.357825+00	2026-11-25 17:31:17.35757+00	\N	\N
12	3	67	-8	499	2026-11-25 17:31:17.357825+00	2026-11-25 17:31:17.35757+00	\N	\N
11	4	68	-9	492	2026-11-25 17:31:17.358469+00	2026-11-25 17:31:17.358317+00	\N	1
12	4	68	4	503	2026-11-25 17:31:17.358469+00	2026-11-25 17:31:17.358317+00	\N	2
15	1	68	5	5	2026-11-25 17:31:17.358469+00	2026-11-25 17:31:17.358317+00	\N	3
11	5	69	9	501	2026-11-25 17:31:17.358917+00	2026-11-25 17:31:17.358637+00	\N	3
12	5	69	-4	499	2026-11-25 17:31:17.358917+00	2026-11-25 17:31:17.358637+00	\N	2
15	2	69	-5	0	2026-11-25 17:31:17.358917+00	2026-11-25 17:31:17.358637+00	\N	1
11	6	70	-100	401	2026-11-25 17:31:17.359395+00	2026-11-25 17:31:17.359175+00	\N	1
13	1	70	17000	17000	2026-11-25 17:31:17.359395+00	2026-11-25 17:31:17.359175+00	\N	4
16	1	70	100	100	2026-11-25 17:31:17.359395+00	2026-11-25 17:31:17.359175+00	\N	2
17	1	70	-17000	-17000	2026-11-25 17:31:17.359395+00	2026-11-25 17:31:17.359175+00	\N	3
24	1	71	-1000	-1000	2026-11-25 17:31:17.36142+00	2026-11-25 17:31:17.361295+00	\N	\N
18	1	71	1000	1000	2026-11-25 17:31:17.36142+00	2026-11-25 17:31:17.361295+00	\N	\N
24	2	72	-1000	-2000	2026-11-25 17:31:17.361636+00	2026-11-25 17:31:17.361551+00	\N	\N
19	1	72	1000	1000	2026-11-25 17:31:17.361636+00	2026-11-25 17:31:17.361551+00	\N	\N
24	3	73	-1000	-3000	2026-11-25 17:31:17.36183+00	2026-11-25 17:31:17.361753+00	\N	\N
20	1	73	1000	1000	2026-11-25 17:31:17.36183+00	2026-11-25 17:31:17.361753+00	\N	\N
24	4	74	-1000	-4000	2026-11-25 17:31:17.36211+00	2026-11-25 17:31:17.362021+00	\N	\N
21	1	74	1000	1000	2026-11-25 17:31:17.36211+00	2026-11-25 17:31:17.362021+00	\N	\N
24	5	75	-1000	-5000	2026-11-25 17:31:17.3623+00	2026-11-25 17:31:17.362226+00	\N	\N
22	1	75	1000	1000	2026-11-25 17:31:17.3623+00	2026-11-25 17:31:17.362226+00	\N	\N
24	6	76	-1000	-6000	2026-11-25 17:31:17.362483+00	2026-11-25 17:31:17.362406+00	\N	\N
23	1	76	1000	1000	2026-11-25 17:31:17.362483+00	2026-11-25 17:31:17.362406+00	\N	\N
\.


--
-- Data for Name: holds; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.holds (id, from_account_id, to_account_id, amount, captured, expires_at, created_at, closed_at, status, description, metadata) FROM stdin;
1	1	2	40	10	2999-01-01 00:00:00+00	2026-11-25 17:31:17.262467+00	\N	open	a deposit	\N
2	11	12	3	0	\N	2026-11-25 17:31:17.359616+00	2026-11-25 17:31:17.36005+00	released	\N	\N
\.


--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.idempotency_keys (role, key, operation, request, transfer_id, account_id, hold_id, order_id, created_at) FROM stdin;
postgres	open alice	open_account	{"kind": "liability", "owner": "alice", "currency": "USD", "min_balance": 0}	\N	1	\N	\N	2026-11-25 17:31:17.242372+00
postgres	open bob	open_account	{"kind": "liability", "owner": "bob", "currency": "USD", "min_balance": 0}	\N	2	\N	\N	2026-11-25 17:31:17.246137+00
postgres	open carol	open_account	{"kind": "liability", "owner": "carol", "currency": "USD", "min_balance": 0}	\N	3	\N	\N	2026-11-25 17:31:17.246374+00
postgres	first	deposit	{"amount": 1000, "account": 1}	1	\N	\N	\N	2026-11-25 17:31:17.247387+00
postgres	pay	transfer	{"amount": 300, "to_account": 2, "effective_at": "2024-02-29T12:00:00+00:00", "from_account": 1}	3	\N	\N	\N	2026-11-25 17:31:17.250383+00
postgres	hold	place_hold	{"amount": 40, "expires_at": "2999-01-01T00:00:00+00:00", "to_account": 2, "from_account": 1}	\N	\N	1	\N	2026-11-25 17:31:17.262467+00
postgres	order	schedule_transfer	{"every": "1:0:0", "until": "2024-03-31T00:00:00+00:00", "amount": 2, "run_at": "2024-01-31T00:00:00+00:00", "to_account": 2, "from_account": 1}	\N	\N	\N	1	2026-11-25 17:31:17.267171+00
postgres	batch 1	transfer	{"amount": 7, "to_account": 12, "from_account": 11}	66	\N	\N	\N	2026-11-25 17:31:17.35757+00
postgres	batch 2	transfer	{"amount": 8, "to_account": 11, "from_account": 12}	67	\N	\N	\N	2026-11-25 17:31:17.35757+00
postgres	journal	journal	{"legs": "11:-9,12:4,15:5"}	68	\N	\N	\N	2026-11-25 17:31:17.358317+00
postgres	reversal	reversal	{"transfer_id": 68}	69	\N	\N	\N	2026-11-25 17:31:17.358637+00
postgres	exchange	exchange	{"to_amount": 17000, "to_account": 13, "from_amount": 100, "from_account": 11}	70	\N	\N	\N	2026-11-25 17:31:17.359175+00
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
2020-01-31	2026-11-25 17:31:17.286838+00	1	1
\.


--
-- Data for Name: interest_rates; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.interest_rates (account_id, valid_from, annual_rate, overdraft_rate, day_count, role, set_at) FROM stdin;
1	2020-01-01	0.5	0	ACT/365F	postgres	2026-11-25 17:31:17.282935+00
\.


--
-- Data for Name: job_runs; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.job_runs (id, job, business_date, attempt, status, runner, started_at, finished_at, items_done, items_failed, error, next_attempt_at) FROM stdin;
1	interest	2020-01-31	1	succeeded	db8cd584-71b2-41c3-b25b-fcd794952147	2026-11-25 17:31:17.285322+00	2026-11-25 17:31:17.303818+00	0	0	\N	\N
2	statements	2020-01-31	1	succeeded	ed44bfac-dc5a-4236-9e2d-cae760385689	2026-11-25 17:31:17.312719+00	2026-11-25 17:31:17.320704+00	0	0	\N	\N
3	standing_orders	\N	1	succeeded	6d5eff9c-b4a1-4827-a0c9-c69b40c8b156	2026-11-25 17:31:17.323232+00	2026-11-25 17:31:17.325223+00	3	0	\N	\N
4	verify_ledger	2026-11-25	1	succeeded	00ef3835-da7c-4340-8a80-035e14d8aecb	2026-11-25 17:31:17.325888+00	2026-11-25 17:31:17.354322+00	1	0	\N	\N
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
interest	dated	24:00:00	f	f	{}	accrues the day's interest, and posts it at the end of a month	t	8	00:01:00	2020-01-31	2026-11-25 17:31:17.304078+00
statements	dated	24:00:00	f	f	{close_day}	makes the statements at the end of a month	t	8	00:01:00	2020-01-31	2026-11-25 17:31:17.320974+00
standing_orders	ticking	\N	f	f	{}	makes the scheduled transfers that are due	t	8	00:01:00	\N	2026-11-25 17:31:17.321509+00
verify_ledger	dated	03:00:00	f	f	{}	runs verify() and verify_seals() and keeps what they find	t	8	00:01:00	2026-11-25	2026-11-25 17:31:17.354661+00
\.


--
-- Data for Name: order_executions; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.order_executions (order_id, occurrence, due_at, status, transfer_id, attempts, sqlstate, error, executed_at) FROM stdin;
1	1	2024-01-31 00:00:00+00	paid	61	1	\N	\N	2026-11-25 17:31:17.322691+00
1	2	2024-02-29 00:00:00+00	paid	62	1	\N	\N	2026-11-25 17:31:17.324477+00
1	3	2024-03-31 00:00:00+00	paid	63	1	\N	\N	2026-11-25 17:31:17.324938+00
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
1	0	{1,1,2,2,3,3,4,4,5,5,6,6,7,7,8,8,9,9,10,10,11,11,12,12,13,13,14,14,15,15,16,16,17,17,18,18,19,19,20,20,21,21,22,22,23,23,24,24,25,25,26,26,27,27,28,28,29,29,30,30,31,31,32,32,33,33,34,34,35,35,36,36,37,37,38,38,39,39,40,40,41,41,42,42,43,43,44,44,45,45,46,46,47,47,48,48,49,49,50,50,51,51,52,52,53,53,54,54,55,55,60,60,61,61,62,62,63,63,64,64,65,65,66,67,66,67,71,71,72,72,73,73,74,74,75,75,76,76,56,56,56,56,57,57,57,57,58,58,58,58,59,59,59,59,68,68,68,69,69,69,70,70,70,70}	{5,1,6,4,1,2,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,1,2,5,7,5,1,1,2,1,2,1,2,-3586,11,-3586,12,11,11,12,12,24,18,24,19,24,20,24,21,24,22,24,23,1,9,10,2,9,7,10,8,1,9,10,2,2,10,9,1,11,12,15,15,12,11,11,16,17,13}	{1,1,1,1,2,1,2,3,3,4,4,5,5,6,6,7,7,8,8,9,9,10,10,11,11,12,12,13,13,14,14,15,15,16,16,17,17,18,18,19,19,20,20,21,21,22,22,23,23,24,24,25,25,26,26,27,27,28,28,29,29,30,30,31,31,32,32,33,33,34,34,35,35,36,36,37,37,38,38,39,39,40,40,41,41,42,42,43,43,44,44,45,45,46,46,47,47,48,48,49,49,50,50,51,51,52,53,52,2,1,3,57,58,56,59,57,60,58,1,1,2,1,2,3,2,3,1,1,2,1,3,1,4,1,5,1,6,1,54,1,1,53,2,2,2,1,55,3,3,54,55,4,4,56,4,4,1,2,5,5,6,1,1,1}	\\x022312d24a5431e62c8512563a53d67000f617ee3a0218f23d093a0a1a3b2282cd418ae47267e664a97518c94d4ff14f397ebf32f3e692a092605fb15dd9aaa0fe68e875797746ed43c177a122d6d725ff1265a2158e5bbc9dac098326ea0f1d7aa8b3309260f6afad3ba4137551fb958b34d51928a48b6158016f2f9b67622c43742d0e65f5527b06b47fb1ec125023045294bb66fe894a9b415f0e69e53ea47eaf97581436012c2e2d553f83c1b1b338932405b8526c4e6d5d7be56f6cea13a149a08d4bbd7daba66067249d08f2669dd21d148d11d4b2fd9cd5001e677ef1479d2f75a47dc868dd65ba4bf5f4a7f66011a35bc787b61b5ce7ab3f6113b29ecf4dbf8e88c2a6ac712975c41322a8f2b0db0710a1e912d626e5fa42a07901f3ffac7c3f0d4c2364dd9ff3192a3471b3b90182cb880aabc351eb485cb8a67a58691c58abb33f30d1c9a425b283f1baa5a527cdcb4a9f40c523d50ad63ff7e6c359d4441d76067d3196bc3ad5ce403a56a0e93d89cf1ca340853758ad937e1aef278e094ad19648f0d721042cf0174e36aa56c81b7edc8ca51bdeb6a596f407126b210dfe7e04b04d4bbde662111299f52aaeb6813d23be5843346fb5f94a1f4057931b35d03d8915da8a97246cb3e31929e419eb806de9268b35e0fefd4a40977dcd646f3a59863f5b8ed8334ddc8406324abc851270e1452f2346d1a9ecd7dbc4024ae1b0c3058c378dc7838e1a70772ee96b3ddf47b2005bd72b0d34155ac00a0df99b36fda16fd1a73000b0c36a18aeb631798abaefeb2e1bedb5566a3327a0162be152045d903b7bf455b7f0a32b2752f74921c903a4a06872b5d036de854eb4a65c8e10e9679c1c205791982079ff366e8230fee174a8d2f1e9b5263ecba61d904519dfbd4ae0bc61763d85dc4bfde7fd60ed7a8c2037693bd53f7667913a746ec00cf7deafaa94bb2266aa66f12a3894f24b9294f3d9e4ef83183149db5a352b49d3a75a3bfb4a3b014f3d2af0a5bf44d9d1e0a730301e51dd07d4d1b38314fd3c247b78884043ad3ccc6ee4fbf1762dee9eece1ab6b8cc94c33ff252902acd467aa8f8045371a607d1b8419ff43f2fba79ece506d89cedffcb29cb4daf0f4c722ebdaa4d7ee0664737868d99901fe241bdc222912f46f081c0135aad3df2f8fc69503cf9e4f00a760e9b896a5d8399867f3ad506e9f3a48c81cefec41c369fd637ea58abbfef07b36ab0743e95e811163de453cb31f27ee445656a947f0d3905cfc648cde18cbc4658d6a6b829b20ca50fe8fb5195f82375142eb979ec825bd1274045303c3f50b28344a20564a6c492a2921a29bf5b74723abea1f2ca46d1ae1a45089e6d049747cb35105d220baeb7762b840f7a6953e4df9042da36b4bee8540fa724ce4af687592fc9351d687d495a135cd6799b548ed459d27ff9af61ce0acdfeb8d11868b4b37ba868bf37ca70f586138ec2a33e279d36a0f1cd8f15e6a973eb947c25e150a9cf2fcacfe523f14aa1d0ca8d58cc9a0fe40c283447af57ba792dbabc83a267e5c2686e5e7ca82cd15ea7f79f1954a121f26a5c2d1506e56af689ca5e8bda95e80159b4a58f306f6b6968e07612d474fbe344fdb10cb075a93d2af8a5d23d5a7656431157326da705ada90eada52f3dd8ef0065c4e7b6dbf11ccefa75b5742ca2636ca62f7d2dd789b4d3484028698fccade0c4a2b42fd2b62c42359bf1e528e718296f68af81a677603d2dcea10f3137911e1bd8c75c7b25b73989284e62b32b30a4b16b7b4a4aa3ada2a23203d75630a8482120d95b5d55f4fb7c5f7f3c6b01d5e2623ff1da26b379fdb84e1c4977268d9ce2072219f789fbd1ba81dafc37efdffb9e868de460ac3cfffe2b31c6b7ed1ba43df3c1de9ae929f25c5d18c74a991ab612e972686fc86d80ede99f0b3eec0f4080ef8bbf9ffd5462e673d15331efc03e4efa9234f89e7640bcd3399ff11913ce9a4fcacccf04f186fa267452f94c01d83948f5dd8c1beea4aa4bbd329be0ce0cedaf9eb27a54ad5b69752a9553e0134483b9927e7eeafe222196020a4aae32c22a2620f991a366dcfd032916759939e05ae74c2b17530699332a47be591cc4c92994c096e6fc9d5dd7b5ee83e55ea02940f34c3563290e6517a43d01ab7cf965befa52e20f526234cf70f9be4318dc175f426b43d8ca610532159706a4a58edca1e69a749e17d22ab67affe5c9be49fe8c6d33ff455b7216d3df748a3ab322adfe1d955129ca49102d99fd389d7146d470b812390eab9b04e8cae9e4534ebf97fda1323edf92223a99d9b227de0eacdb3509e2f542cf7bdafad02097f40b429e80041307d32285e725e94a8746c81e05d06d465ddf1a7230f9bc4e1dac3308c54be7248d8482c832fdd69776660eee6cdf89340661844f1f4d0d0725ec19998e798379fa3ca3c7e7808b51769069f72bdaf0f43ba4e81d2d80e53655cf2ef490e19ba1789e553712b91938128735a3cf393eed5693f957ba83a96060ac9ebc5dd205441eb3a09ea735947ee1d901b5d92b82aa09e18a257411b2e9be7c34bc4d1491efe337b0e3d800485cb0cb6149b0539b7dfe79236599ce7e0190a9f1295a92d12ef338ef9d50ed3be615b9a6af758640f59939f469887487abf9bc94ae7da98bbd2b8579b8837760900176db60c3753dfd9b4f3dffbabec674cb8265a6c747c44d44cfda6d0672c3e4c66bc67f13ae2ad3b3c3572302dfd748cd26e265fe2c32992dbd59f634bbedf0c3bada2352b088eaa381f24417651f123f543ee14b5fab2561824ea2ad91f3a13fdacb1520d4a367e8e2e454fc02d7ce53e700284667a182199cdd2f93f25c583198925a89c4067456213cb7bdda0af9fdf503d2ccd61753425dfee1a26c5c863f68899acf03893f02de12f235f43d13f20fb52f987685834c0223ae747ab515fe9676f4881d1ddb61c4e912216c1bc91323701cee864a78eee815aa896a52db06e4f32f71776677e6e8b93f0c7a3ce5a642a384d48852ab352332b6be5e0a9f46c01d377e65eb9f471347548780607b672f63d31ad156c5c3778a4c4b88ea019218354d0117c142787c34c2d7c8853940663d7afc8e0f8d4987061ddc6b911324add2451e022aa9b70a5cc95132833cfaee0410cae6f49b432b0c628c188f51e3f43d9a63c1cfa59e610847cea45bb77dc0f1d44a5e8613b3fab9d4ea7571793b83fd6669c9ed82dd8dcd2dca7e4dc2ccea4d9081d0074413b2abac40bdc4b96313e605166bbd0fa9766741ce543436994f45f9a8613cea654250f1a8d38d255a9577a34ec630b0339f8808d3b95fe882c8fe0838712c49f36484f02fef6f7505e2dde5e1c942ca2fd259c5ffa52269817e372bb72ed8ff4bf496c4898f3167f8f598e4cf3f76f9724a0937dd4d62ffe2d5f9a4e99aa71a8b81021a99974de8bd04198fa5f7bde871bbe38d2f1bb9d4865fab776900b2507ae7085abfc82cb6b48d84e36ff0871f470f328567ad560f5b70d10990602a4bb8683cd1dcac8a03f39105407aed1f419094ccfd27c93132b2a99d7b67da5bcca524b03c42295ba6f80122ae40cd0a2faf80995408218f8f5555509825bab0580e390161dca4e570ba6efba3d638aaf2e5e140954fc8203a1c74a8499684b149c29775db16cf15a396ee8199ceb939434f88bc8271ff4f079183bf42dc0a1fdb110fcb3a5dac556c21852fc725c94a6445a1d5a53e2c981e57e9a54dea84c1934a2238f9dcde0aaa0c1f447d8cb55c6413f54cec0242954d18a06bb80dc308f9e794fa625f3cbd60bfc1ecfceebb6307a288dbf4a4a697446cc1e02e9e5be20efcdd41a1199fac1d9156d23eec5c78f155fc418b2337336ca038fe1cc54fa9870a9825da38db59ab6a87f1c29a54b6effad0efc501675be1a85cb3d5627e236a9c8b93dc9c77521ab7db8154ba0b4565063169e6f0ecda6dda6d106edcbd6be11b2a4952eb33a6441c8dc606dc4465368334aa358af5fa14cd227550795464f8ce6db8e3ecdad9885ffc5c3c58fb037ca2980cae2f9d727c40542933b50566379666077d085a4639e01bbd30ec6bb7579f23624e7fa8e5197b2ea0462f14cb4f03c76c022a5b8f130958c0fbc5ea55618b5ecd8c1a8bda60dd5b9ae2510edefc023f0d106a59026e9d857b3047fd7beb4ecced55f2630ce5841ef47262f65103cb1faecec93208235af1ffcdaa6ffac591c37cafb1c84753910e115c1990b63c4daf0d0e0592ae1e5515e6054e47aa2c97c882340800d0d5b332db13ffe53255966655a23cbf695aaedb27211c6809f6841fe5feaca6f9a43b4cfc6439a4cc854d9bb2b56b528fa5421dc47e124a438ee9366e832b122ffc2aef7a43e375f2f3ca3ec79423af7b82256b870445ea99e8951ae6329eab1444cf32dd35c2e96cac4ceb30c7644137b025ca437a45bb6feec5a95b78a8cb109c9a2f13009bf9e9a84a2d1d0f7c95342da5e50b422c5aec8fa3da944a7b98dd2eb9a6da955e7bf392318d55a2b1590d263a4e6765672efd0b687121bc126452c16303b18a8c11e68f0538e85259af6e5022f75be27f0b2f997906cef4af517fecb8b574a8fcc8dd5a627a13d96354624c93ed09a0d32729f7e0116857a9fe33a988a9589643c1d0d2e8bbe939361d61d7be50862ef525d87e1f59016c840769edc7ae5d7c15c1a540560f2be2dba21210519d87a72399c99ab4cafb55a74b8fd7164b2b783087538520cd9c5112ff0ea3fa8f26ddd420629c05aaa1b6c7682d1afbe6e0bee33c670c4081adf3cc490179b75fa66a5a12906ec9aa3149060679ba1ff72420d5e9d04a4219e84c99f2a20779420cd08f35cdff4c2755a5894649708c35a68eb2101723224755e9d9589d77b3b2903860ccbbaff30563ac07622689543e3468edc4c1ef1caafff1381e461dac3a737307e1158a9d34ad8a089d7920af74388b5532e7e250b23e47f593231f0802949903c3d65d79858f80a608a8fdc5a2325eece663cb65043f55a33e1d8a57c399c20fa3db2ebdbd82de69bd3db8f6cc1854c0309a6eb9b658d7c35785f9adadfdc775f1fdec8b0d0213d3240e2ec3fc0bfa1ca68acb914582490eeac6f7e89d8885c5c30480d9c0c2a99fb0478e765e84979524b1621443089b396475e3ff9d2bb9b82952e0309b32c5cb00ca677a9628fbf7155038f4a91bc53789baea7de3587644819d0297852a1d48f4064e33e9409811bf06aea833d67351c5b8b5f8acd4f8600ea284ecff7a11686d5da88d5f386d633d6e5601ebefa8a054b0f0c9c86d6f194ccfe916dbefa983165a8670b194370a5262d6ee7eacb8c51d735f56a1c3f4231a0c837986bf59fdca0c40c0e404e19af664ce977cfe6cadbbd5019e9e9016957c4fb0ed7111704fc61b3df269a69a87221d26fa5724aa0d3fcf5354857d8a48d3b418e0b82128be080cc55d2cbebf16dfea4e6ca63c670e016925e1a1295e892810c3b113b4f2b186572e5c3b49c60d0374b4ef2003901b0851697ee652fe6ebcf22e30d6012ef83be12c362d0b40cc628c2be263e6fe2108c386b4b9fb00999c170bdd42533def5f348bbe680c773ec5c3de666a0510dcb2f79c4ab89d353de3d18a0ba7dcb883f54777930b82afea0b9f8d3c7db4fac95a02e2f3d762c14fc5c0505cbbacf3648839542eb4b916884b44061e3bcc8706b85d0d37969f8ddbf6ec76db6f55893e78d4d8f2c6d8be706829e54b205749f7fe524ae4c59d637533885bdf546900853dc31d7e99ccc3b46413733d9ce217eed1c1176c894f9c2465df287d639189a9e7d15790a936a3045aea73fefc1a9b4187a93a6d9f3a82fddd40aa700afc98915151cafb7ad0680cb95b13c6dcbd87b1fd336db4246af605602a664fc85c119d86e44f2347a346c75eb7b1f0fc4bf0cdb5841d8bc21d5432288b6e9243e18f9a8006d9e34a71e8ac2d740fb21c0bcb7c44ed907c3802246f2d00e7ecb1bc652462083b16744714f43108d5635587610c5b2936338c6ca19b225de970406566bf2dff0051df59c9b56ec929035892c2cd834e80a4f43734dd9a3e83152b7f288e06c25122ff30817aaee6dbfd20e169b888b929ad28e6cd3944685917cda7395ac91069893dfa11fc7b5a8a0c0bea404fba268fa0de89bb569e4db23a0b83c2bb9d25e50df7a7eb7bdcc982697a3c6c542f8fcc06e777fdfd02fd5e91409d2767eaa6bd9ffb106a8d9d5e3aa6664d243f1ec87001733f45c92d12713b099ea19984dec2732eb0948cd2874da79b94c5b7f33138d2aabece29c562d3249cb26d09e0de670b917674f882abcaa0b5d7517d2fe066bcddd7ef858d749a2e7ed53778b712718c5a32f074bf7e244f8f0a2f7549d1f08b597e04246f7e7e6eb520bfc0f09d3ecfb98e1a342b5d476e25fea477a58dac536da940b0c407da7db7002464bed275871f44b981223680cc0ea96f6b0992720d2d052a3fc8681f85a47e0b2bc69cdddc3b6ae72d26c07e1edf1102ab2717c8987ace95952bb89af739611575450b5eef7f1c79e1b5c3d4e7fa282da55120f7f329c68ade33eba9e4de0d17dcc91afc2146f9812ab6f021a90709de06cd7e4a0b8615907af8a5de1d46e1d21307837ae53cf25343b716e41a8597d1cb7e949f6df9943ae0106398122dc02c7ad369a6e930eacd6b5d0561c3df8e5e0e3631cdace16632b0dd74d4728ac52833bb1fee5dc62419613e463facb9c050d356dfce0ac2eabb2794c0647536139634bb44ed809426f67fd5fdf5a29c7853e1aebc3078f9ca05c848115e0346207505aa4530b96d7c54879558fcd41623a224993747cbf420bcacad8c638345716805c772bb433d1ec249c9cbe5989eca23c6ebd336a2a7c67bd9a66711b19231aeefb11a3741549bc4c1b63513e5e29d7db48d46bc785d71e7da5d79e53e09e8ae0a4dbb423a3c122ab9802c0550c9368cd743108070752c6ce539642f9d89f268fb8322d23d6b3afeb976a327a551a8eb73a57fc71c4d91316e1d9212503e745f30a62ad912c5147ff26762d0e0de2fbc8b5964f94be2ac71b4e45cffe41f62461e95789d99eb7aa8e31fe82a935b8c63e4d086b31d77c10260557cf089aa0f96287478322853928a782c34390ceb876be6ece922db6dba274393a5d8a26f43b774b3f86df78b1eea6359ef8c1c39b783eebcddf49e7bfa1d5bf60a91e6710b3be8369dbc944f6310ec55edf4b4bc6e7cab05e8f023859953a25a9dac957359898adf51e3495b0e118ec4dbd28d98762f7aa1ddb816d904a0bb901b3c2d1f5863b0aab2b3b673446a399f553a10c69d0c9e79d3f5a94e6a65b1e16256faeb9989dbba7124b29378419b2628500879bff217cfa4a1dac786208392b4363e1a281a23a058c1da8facdb7f125
\.


--
-- Data for Name: seals; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.seals (id, sealed_at, role, last_transfer_id, entries, tree, root, last_page) FROM stdin;
1	2026-11-25 17:31:17.363124+00	postgres	76	164	\\xadfad97553386d6335bbcd2b2c4b39c2cef84521634ac61b687c79afe5ddf6fc	\\x3aca11dab60a3b2037d3254ac2941761a54fc7d3f2a2dc33138abd5b23280305	1
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
1	wire	2026-11-25	settled	1	5	5	0.000000	57	0	2026-11-25 17:31:17.273844+00	\N	2026-11-25 17:31:17.277005+00	2026-11-25 17:31:17.278858+00
2	wire	2026-11-25	waiting	1	6	6	0.000000	\N	1	2026-11-25 17:32:28.868095+00	SB603: settlement shortfall: north lacks 6	2026-11-25 17:31:17.280875+00	\N
\.


--
-- Data for Name: settlement_groups; Type: TABLE DATA; Schema: simplebank; Owner: simplebank_owner
--

COPY simplebank.settlement_groups (name, currency, cutoff, last_date, attempts, next_attempt_at, error, created_at) FROM stdin;
wire	USD	18:00:00	2026-11-24	0	\N	\N	2026-11-25 17:31:17.268817+00
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
2	postgres	1	2	\N	1	2999-01-01 00:00:00+00	\N	\N	active	1	2999-01-01 00:00:00+00	2999-01-01 00:00:00+00	0	\N	\N	2026-11-25 17:31:17.268233+00	\N
1	postgres	1	2	2	\N	2024-01-31 00:00:00+00	1 mon	2024-03-31 00:00:00+00	finished	3	2024-03-31 00:00:00+00	2024-03-31 00:00:00+00	0	\N	\N	2026-11-25 17:31:17.267905+00	\N
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
1	5	1	1000	1	1	2026-11-25 17:31:17.248969+00	2026-11-25 17:31:17.248969+00	2026-11-25 17:31:17.247387+00	deposit	\N	\N	\N	\N	postgres	\N	\N
2	6	4	70	1	1	2026-11-25 17:31:17.250238+00	2026-11-25 17:31:17.250238+00	2026-11-25 17:31:17.250081+00	deposit	\N	\N	\N	\N	postgres	\N	\N
3	1	2	300	2	1	2026-11-25 17:31:17.250524+00	2024-02-29 12:00:00+00	2026-11-25 17:31:17.250383+00	transfer	\N	\N	\N	\N	postgres	rent	{"invoice": 7}
4	2	1	1	2	3	2026-11-25 17:31:17.250876+00	2026-11-25 17:31:17.250876+00	2026-11-25 17:31:17.250802+00	transfer	\N	\N	\N	\N	postgres	\N	\N
5	2	1	1	3	4	2026-11-25 17:31:17.251056+00	2026-11-25 17:31:17.251056+00	2026-11-25 17:31:17.250993+00	transfer	\N	\N	\N	\N	postgres	\N	\N
6	2	1	1	4	5	2026-11-25 17:31:17.251367+00	2026-11-25 17:31:17.251367+00	2026-11-25 17:31:17.251293+00	transfer	\N	\N	\N	\N	postgres	\N	\N
7	2	1	1	5	6	2026-11-25 17:31:17.251541+00	2026-11-25 17:31:17.251541+00	2026-11-25 17:31:17.251479+00	transfer	\N	\N	\N	\N	postgres	\N	\N
8	2	1	1	6	7	2026-11-25 17:31:17.251707+00	2026-11-25 17:31:17.251707+00	2026-11-25 17:31:17.251647+00	transfer	\N	\N	\N	\N	postgres	\N	\N
9	2	1	1	7	8	2026-11-25 17:31:17.251869+00	2026-11-25 17:31:17.251869+00	2026-11-25 17:31:17.25181+00	transfer	\N	\N	\N	\N	postgres	\N	\N
10	2	1	1	8	9	2026-11-25 17:31:17.252029+00	2026-11-25 17:31:17.252029+00	2026-11-25 17:31:17.25197+00	transfer	\N	\N	\N	\N	postgres	\N	\N
11	2	1	1	9	10	2026-11-25 17:31:17.252187+00	2026-11-25 17:31:17.252187+00	2026-11-25 17:31:17.252128+00	transfer	\N	\N	\N	\N	postgres	\N	\N
12	2	1	1	10	11	2026-11-25 17:31:17.252344+00	2026-11-25 17:31:17.252344+00	2026-11-25 17:31:17.252287+00	transfer	\N	\N	\N	\N	postgres	\N	\N
13	2	1	1	11	12	2026-11-25 17:31:17.252553+00	2026-11-25 17:31:17.252553+00	2026-11-25 17:31:17.252486+00	transfer	\N	\N	\N	\N	postgres	\N	\N
14	2	1	1	12	13	2026-11-25 17:31:17.252722+00	2026-11-25 17:31:17.252722+00	2026-11-25 17:31:17.252662+00	transfer	\N	\N	\N	\N	postgres	\N	\N
15	2	1	1	13	14	2026-11-25 17:31:17.252885+00	2026-11-25 17:31:17.252885+00	2026-11-25 17:31:17.252824+00	transfer	\N	\N	\N	\N	postgres	\N	\N
16	2	1	1	14	15	2026-11-25 17:31:17.253043+00	2026-11-25 17:31:17.253043+00	2026-11-25 17:31:17.252985+00	transfer	\N	\N	\N	\N	postgres	\N	\N
17	2	1	1	15	16	2026-11-25 17:31:17.253197+00	2026-11-25 17:31:17.253197+00	2026-11-25 17:31:17.25314+00	transfer	\N	\N	\N	\N	postgres	\N	\N
18	2	1	1	16	17	2026-11-25 17:31:17.253351+00	2026-11-25 17:31:17.253351+00	2026-11-25 17:31:17.253294+00	transfer	\N	\N	\N	\N	postgres	\N	\N
19	2	1	1	17	18	2026-11-25 17:31:17.253507+00	2026-11-25 17:31:17.253507+00	2026-11-25 17:31:17.253449+00	transfer	\N	\N	\N	\N	postgres	\N	\N
20	2	1	1	18	19	2026-11-25 17:31:17.253663+00	2026-11-25 17:31:17.253663+00	2026-11-25 17:31:17.253605+00	transfer	\N	\N	\N	\N	postgres	\N	\N
21	2	1	1	19	20	2026-11-25 17:31:17.253816+00	2026-11-25 17:31:17.253816+00	2026-11-25 17:31:17.25376+00	transfer	\N	\N	\N	\N	postgres	\N	\N
22	2	1	1	20	21	2026-11-25 17:31:17.253973+00	2026-11-25 17:31:17.253973+00	2026-11-25 17:31:17.253916+00	transfer	\N	\N	\N	\N	postgres	\N	\N
23	2	1	1	21	22	2026-11-25 17:31:17.254127+00	2026-11-25 17:31:17.254127+00	2026-11-25 17:31:17.25407+00	transfer	\N	\N	\N	\N	postgres	\N	\N
24	2	1	1	22	23	2026-11-25 17:31:17.254282+00	2026-11-25 17:31:17.254282+00	2026-11-25 17:31:17.254225+00	transfer	\N	\N	\N	\N	postgres	\N	\N
25	2	1	1	23	24	2026-11-25 17:31:17.254437+00	2026-11-25 17:31:17.254437+00	2026-11-25 17:31:17.254381+00	transfer	\N	\N	\N	\N	postgres	\N	\N
26	2	1	1	24	25	2026-11-25 17:31:17.254591+00	2026-11-25 17:31:17.254591+00	2026-11-25 17:31:17.254533+00	transfer	\N	\N	\N	\N	postgres	\N	\N
27	2	1	1	25	26	2026-11-25 17:31:17.254745+00	2026-11-25 17:31:17.254745+00	2026-11-25 17:31:17.254688+00	transfer	\N	\N	\N	\N	postgres	\N	\N
28	2	1	1	26	27	2026-11-25 17:31:17.254899+00	2026-11-25 17:31:17.254899+00	2026-11-25 17:31:17.254842+00	transfer	\N	\N	\N	\N	postgres	\N	\N
29	2	1	1	27	28	2026-11-25 17:31:17.255056+00	2026-11-25 17:31:17.255056+00	2026-11-25 17:31:17.254996+00	transfer	\N	\N	\N	\N	postgres	\N	\N
30	2	1	1	28	29	2026-11-25 17:31:17.255215+00	2026-11-25 17:31:17.255215+00	2026-11-25 17:31:17.255154+00	transfer	\N	\N	\N	\N	postgres	\N	\N
31	2	1	1	29	30	2026-11-25 17:31:17.255369+00	2026-11-25 17:31:17.255369+00	2026-11-25 17:31:17.255313+00	transfer	\N	\N	\N	\N	postgres	\N	\N
32	2	1	1	30	31	2026-11-25 17:31:17.255521+00	2026-11-25 17:31:17.255521+00	2026-11-25 17:31:17.255465+00	transfer	\N	\N	\N	\N	postgres	\N	\N
33	2	1	1	31	32	2026-11-25 17:31:17.255721+00	2026-11-25 17:31:17.255721+00	2026-11-25 17:31:17.255617+00	transfer	\N	\N	\N	\N	postgres	\N	\N
34	2	1	1	32	33	2026-11-25 17:31:17.256021+00	2026-11-25 17:31:17.256021+00	2026-11-25 17:31:17.255825+00	transfer	\N	\N	\N	\N	postgres	\N	\N
35	2	1	1	33	34	2026-11-25 17:31:17.256196+00	2026-11-25 17:31:17.256196+00	2026-11-25 17:31:17.256135+00	transfer	\N	\N	\N	\N	postgres	\N	\N
36	2	1	1	34	35	2026-11-25 17:31:17.256355+00	2026-11-25 17:31:17.256355+00	2026-11-25 17:31:17.256298+00	transfer	\N	\N	\N	\N	postgres	\N	\N
37	2	1	1	35	36	2026-11-25 17:31:17.256588+00	2026-11-25 17:31:17.256588+00	2026-11-25 17:31:17.25652+00	transfer	\N	\N	\N	\N	postgres	\N	\N
38	2	1	1	36	37	2026-11-25 17:31:17.256787+00	2026-11-25 17:31:17.256787+00	2026-11-25 17:31:17.256724+00	transfer	\N	\N	\N	\N	postgres	\N	\N
39	2	1	1	37	38	2026-11-25 17:31:17.256949+00	2026-11-25 17:31:17.256949+00	2026-11-25 17:31:17.256891+00	transfer	\N	\N	\N	\N	postgres	\N	\N
40	2	1	1	38	39	2026-11-25 17:31:17.257108+00	2026-11-25 17:31:17.257108+00	2026-11-25 17:31:17.257051+00	transfer	\N	\N	\N	\N	postgres	\N	\N
41	2	1	1	39	40	2026-11-25 17:31:17.257349+00	2026-11-25 17:31:17.257349+00	2026-11-25 17:31:17.257278+00	transfer	\N	\N	\N	\N	postgres	\N	\N
42	2	1	1	40	41	2026-11-25 17:31:17.257513+00	2026-11-25 17:31:17.257513+00	2026-11-25 17:31:17.257455+00	transfer	\N	\N	\N	\N	postgres	\N	\N
43	2	1	1	41	42	2026-11-25 17:31:17.257674+00	2026-11-25 17:31:17.257674+00	2026-11-25 17:31:17.257614+00	transfer	\N	\N	\N	\N	postgres	\N	\N
44	2	1	1	42	43	2026-11-25 17:31:17.257831+00	2026-11-25 17:31:17.257831+00	2026-11-25 17:31:17.257774+00	transfer	\N	\N	\N	\N	postgres	\N	\N
45	2	1	1	43	44	2026-11-25 17:31:17.257988+00	2026-11-25 17:31:17.257988+00	2026-11-25 17:31:17.25793+00	transfer	\N	\N	\N	\N	postgres	\N	\N
46	2	1	1	44	45	2026-11-25 17:31:17.258959+00	2026-11-25 17:31:17.258959+00	2026-11-25 17:31:17.258886+00	transfer	\N	\N	\N	\N	postgres	\N	\N
47	2	1	1	45	46	2026-11-25 17:31:17.259122+00	2026-11-25 17:31:17.259122+00	2026-11-25 17:31:17.259064+00	transfer	\N	\N	\N	\N	postgres	\N	\N
48	2	1	1	46	47	2026-11-25 17:31:17.259279+00	2026-11-25 17:31:17.259279+00	2026-11-25 17:31:17.259221+00	transfer	\N	\N	\N	\N	postgres	\N	\N
49	2	1	1	47	48	2026-11-25 17:31:17.259475+00	2026-11-25 17:31:17.259475+00	2026-11-25 17:31:17.259378+00	transfer	\N	\N	\N	\N	postgres	\N	\N
50	2	1	1	48	49	2026-11-25 17:31:17.259639+00	2026-11-25 17:31:17.259639+00	2026-11-25 17:31:17.259579+00	transfer	\N	\N	\N	\N	postgres	\N	\N
51	2	1	1	49	50	2026-11-25 17:31:17.259793+00	2026-11-25 17:31:17.259793+00	2026-11-25 17:31:17.259736+00	transfer	\N	\N	\N	\N	postgres	\N	\N
52	2	1	1	50	51	2026-11-25 17:31:17.259948+00	2026-11-25 17:31:17.259948+00	2026-11-25 17:31:17.259891+00	transfer	\N	\N	\N	\N	postgres	\N	\N
53	2	1	1	51	52	2026-11-25 17:31:17.260102+00	2026-11-25 17:31:17.260102+00	2026-11-25 17:31:17.260046+00	transfer	\N	\N	\N	\N	postgres	\N	\N
54	1	2	10	53	52	2026-11-25 17:31:17.264713+00	2026-11-25 17:31:17.264713+00	2026-11-25 17:31:17.264477+00	capture	\N	\N	\N	1	postgres	a deposit	\N
55	5	7	5	2	1	2026-11-25 17:31:17.272866+00	2026-11-25 17:31:17.272866+00	2026-11-25 17:31:17.272684+00	deposit	\N	\N	\N	\N	postgres	\N	\N
56	\N	\N	10	\N	\N	2026-11-25 17:31:17.273289+00	2026-11-25 17:31:17.273289+00	2026-11-25 17:31:17.273043+00	clear_payment	\N	5	5	\N	postgres	\N	\N
57	\N	\N	10	\N	\N	2026-11-25 17:31:17.278476+00	2026-11-25 17:31:17.278476+00	2026-11-25 17:31:17.273844+00	settlement	\N	\N	\N	\N	postgres	settlement of wire, 2026-11-25	\N
58	\N	\N	12	\N	\N	2026-11-25 17:31:17.279321+00	2026-11-25 17:31:17.279321+00	2026-11-25 17:31:17.279159+00	clear_payment	\N	6	6	\N	postgres	\N	\N
59	\N	\N	2	\N	\N	2026-11-25 17:31:17.281703+00	2026-11-25 17:31:17.281703+00	2026-11-25 17:31:17.281553+00	clear_payment	\N	1	1	\N	postgres	\N	\N
60	5	1	1	3	57	2026-11-25 17:31:17.283533+00	2020-01-01 12:00:00+00	2026-11-25 17:31:17.283429+00	deposit	\N	\N	\N	\N	postgres	\N	\N
61	1	2	2	58	56	2026-11-25 17:31:17.322282+00	2026-11-25 17:31:17.322282+00	2026-11-25 17:31:17.321368+00	standing_order	\N	\N	\N	\N	postgres	\N	\N
62	1	2	2	59	57	2026-11-25 17:31:17.323551+00	2026-11-25 17:31:17.323551+00	2026-11-25 17:31:17.323337+00	standing_order	\N	\N	\N	\N	postgres	\N	\N
63	1	2	2	60	58	2026-11-25 17:31:17.324866+00	2026-11-25 17:31:17.324866+00	2026-11-25 17:31:17.324663+00	standing_order	\N	\N	\N	\N	postgres	\N	\N
64	-3586	11	500	1	1	2026-11-25 17:31:17.35705+00	2026-11-25 17:31:17.35705+00	2026-11-25 17:31:17.356656+00	deposit	\N	\N	\N	\N	postgres	\N	\N
65	-3586	12	500	2	1	2026-11-25 17:31:17.357435+00	2026-11-25 17:31:17.357435+00	2026-11-25 17:31:17.357344+00	deposit	\N	\N	\N	\N	postgres	\N	\N
66	11	12	7	2	2	2026-11-25 17:31:17.357825+00	2026-11-25 17:31:17.357825+00	2026-11-25 17:31:17.35757+00	transfer	\N	\N	\N	\N	postgres	\N	\N
67	12	11	8	3	3	2026-11-25 17:31:17.357825+00	2026-11-25 17:31:17.357825+00	2026-11-25 17:31:17.35757+00	transfer	\N	\N	\N	\N	postgres	\N	\N
68	\N	\N	9	\N	\N	2026-11-25 17:31:17.358469+00	2026-11-25 17:31:17.358469+00	2026-11-25 17:31:17.358317+00	journal	\N	\N	\N	\N	postgres	\N	\N
69	\N	\N	9	\N	\N	2026-11-25 17:31:17.358917+00	2026-11-25 17:31:17.358917+00	2026-11-25 17:31:17.358637+00	reversal	68	\N	\N	\N	postgres	\N	\N
70	\N	\N	\N	\N	\N	2026-11-25 17:31:17.359395+00	2026-11-25 17:31:17.359395+00	2026-11-25 17:31:17.359175+00	exchange	\N	100	17000	\N	postgres	\N	\N
71	24	18	1000	1	1	2026-11-25 17:31:17.36142+00	2026-11-25 17:31:17.36142+00	2026-11-25 17:31:17.361295+00	deposit	\N	\N	\N	\N	postgres	setup	\N
72	24	19	1000	2	1	2026-11-25 17:31:17.361636+00	2026-11-25 17:31:17.361636+00	2026-11-25 17:31:17.361551+00	deposit	\N	\N	\N	\N	postgres	setup	\N
73	24	20	1000	3	1	2026-11-25 17:31:17.36183+00	2026-11-25 17:31:17.36183+00	2026-11-25 17:31:17.361753+00	deposit	\N	\N	\N	\N	postgres	setup	\N
74	24	21	1000	4	1	2026-11-25 17:31:17.36211+00	2026-11-25 17:31:17.36211+00	2026-11-25 17:31:17.362021+00	deposit	\N	\N	\N	\N	postgres	setup	\N
75	24	22	1000	5	1	2026-11-25 17:31:17.3623+00	2026-11-25 17:31:17.3623+00	2026-11-25 17:31:17.362226+00	deposit	\N	\N	\N	\N	postgres	setup	\N
76	24	23	1000	6	1	2026-11-25 17:31:17.362483+00	2026-11-25 17:31:17.362483+00	2026-11-25 17:31:17.362406+00	deposit	\N	\N	\N	\N	postgres	setup	\N
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
1	2026-11-25 17:31:17.326306+00	2026-11-25 17:31:17.354189+00	0	\N
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


