-- a day's accruals, so that the job has the postings left to do
SELECT bench.accrue(bench.next_date(true)) \g /dev/null
