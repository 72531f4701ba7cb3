"""IAM policies as IAM reads them: documents, conditions, the decision on a request, AWS's list of actions.

Pure: no plan, no account, no server. The proof ``iam`` and the local cloud both judge with it, so that what
is proven offline and what is enforced on a rehearsal cannot differ.
"""
