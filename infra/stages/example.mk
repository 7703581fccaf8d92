# A stage is an account and a region. `make deploy STAGE=NAME` reads infra/stages/NAME.mk; what is said on the command line goes before it.

# Profile of your AWS configuration; and the account that it has to be of, or nothing is changed.
AWS_PROFILE = test
AWS_REGION = eu-west-1
ACCOUNT = 111122223333

# What `make deploy` takes.
BUCKET = com-example-signalbox-test
MANIFEST = s3://com-example-signalbox-test/share.json
ALLOWED = 222233334444,333344445555
MODE = Plan
rotate-db-user = SecretArns=arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf
