resource "aws_iam_role" "machine" {
  name               = module.documents.name
  assume_role_policy = module.documents.assume_role_policy
}

resource "aws_iam_role_policy" "machine" {
  name   = "own-secrets-and-sessions"
  role   = aws_iam_role.machine.id
  policy = module.documents.role_policy
}

resource "aws_iam_instance_profile" "machine" {
  name = module.documents.name
  role = aws_iam_role.machine.name
}

resource "aws_iam_role" "snapshots" {
  name = "${module.documents.name}-snapshots"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "dlm.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "snapshots" {
  role       = aws_iam_role.snapshots.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"
}
