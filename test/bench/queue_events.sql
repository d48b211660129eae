/* A consumer that is behind by so many transfers, as the works before have left them. */
SELECT acknowledged - :items AS position FROM simplebank.create_consumer('bench', '{transfer}') \gset
SELECT simplebank.seek_consumer('bench', :position) \g /dev/null
