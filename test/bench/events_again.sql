-- a consumer that reads everything, ten times a second, until its session is ended
SELECT simplebank.create_consumer('bench') \g /dev/null
SELECT simplebank.ack_events('bench', max(position)) FROM simplebank.read_events('bench', 5000) HAVING count(*) > 0 \watch 0.1
