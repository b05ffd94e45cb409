"""A handler that says where it is from."""


def handler(_event, _context):
    return {"statusCode": 200, "body": "one"}
