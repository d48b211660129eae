CALL simplebank.run_job('interest', (SELECT watermark + 1 FROM simplebank.jobs WHERE name = 'interest'));
