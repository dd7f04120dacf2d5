output "url" {
  description = "URL of the queue: SQS_QUEUE_URL of the services that use it."
  value       = aws_sqs_queue.this.url
}

output "arn" {
  description = "ARN of the queue."
  value       = aws_sqs_queue.this.arn
}

output "name" {
  description = "Name of the queue."
  value       = aws_sqs_queue.this.name
}

output "dead_letters" {
  description = "The dead letter queue: name, url, arn."
  value = {
    name = aws_sqs_queue.dead_letters.name
    url  = aws_sqs_queue.dead_letters.url
    arn  = aws_sqs_queue.dead_letters.arn
  }
}

output "use_statements" {
  description = "Statements of an IAM policy that lets a task send to the queue and work it off: for task_policy_statements of ecs-service."
  value = [{
    actions = [
      "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
      "sqs:ReceiveMessage", "sqs:SendMessage",
    ]
    resources = [aws_sqs_queue.this.arn]
  }]
}
