SELECT simplebank.seal() \g /dev/null
