/*
 * version.h
 *	  The one place that knows how PostgreSQL 15 to 18 differ.
 */
#ifndef SB_BASE_VERSION_H
#define SB_BASE_VERSION_H

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "simplebank needs PostgreSQL 15 to 18"
#endif

#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

#define HAS_TRANSACTION_TIMEOUT (PG_VERSION_NUM >= 170000)

/* the user includes utils/acl.h, and catalog/pg_proc.h or catalog/pg_namespace.h */
#if PG_VERSION_NUM >= 160000
#define pg_proc_aclcheck(function, role, mode) \
	object_aclcheck(ProcedureRelationId, function, role, mode)
#define pg_namespace_aclcheck(schema, role, mode) \
	object_aclcheck(NamespaceRelationId, schema, role, mode)
#endif

/* the user includes storage/proc.h */
#if PG_VERSION_NUM >= 170000
#define my_local_transaction_id() (MyProc->vxid.lxid)
#define my_process_number() (MyProcNumber)
#else
#define my_local_transaction_id() (MyProc->lxid)
#define my_process_number() (MyProc->pgprocno)
#endif

/* by its number, from 1; the user includes utils/backend_status.h */
#if PG_VERSION_NUM >= 160000
#define local_backend_entry(number) pgstat_get_local_beentry_by_index(number)
#else
#define local_backend_entry(number) pgstat_fetch_stat_local_beentry(number)
#endif

/* not of a transaction, and empty; the user includes replication/message.h */
#if PG_VERSION_NUM >= 170000
#define log_logical_message(prefix) LogLogicalMessage(prefix, "", 0, false, false)
#else
#define log_logical_message(prefix) LogLogicalMessage(prefix, "", 0, false)
#endif

/* the user includes miscadmin.h, storage/proc.h and utils/timeout.h */
#if PG_VERSION_NUM >= 170000
#define session_is_ending() \
	(ProcDiePending || (TransactionTimeoutPending && TransactionTimeout > 0))
#else
#define session_is_ending() (ProcDiePending)
#endif

/* of libpq/libpq.h, which includes headers of TLS and GSSAPI that need not be installed */
extern void pq_startmsgread(void);
extern int pq_peekbyte(void);
extern void pq_endmsgread(void);
#if PG_VERSION_NUM >= 170000
extern ssize_t pq_buffer_remaining_data(void);
#define has_buffered_input() (pq_buffer_remaining_data() > 0)
#else
extern bool pq_buffer_has_data(void);
#define has_buffered_input() pq_buffer_has_data()
#endif

#endif /* SB_BASE_VERSION_H */
