\ir queue_accrual.sql
\ir accrual.sql
\ir posting.sql
