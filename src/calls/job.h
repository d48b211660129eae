/*
 * job.h
 *	  What jobs share.
 */
#ifndef SB_CALLS_JOB_H
#define SB_CALLS_JOB_H

extern int64 sb_retry_wait(int32 attempts, double first);

#endif /* SB_CALLS_JOB_H */
