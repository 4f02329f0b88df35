import { Duration, aws_events as events, aws_events_targets as targets, type aws_lambda as lambda } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Plan } from '../plan/plan.ts'

/**
 * Makes the rules that have receive ask the program's receivers of its own. An invocation that fails is not tried again by Lambda, nor delivered later: the next
 * one goes on from the same position.
 */
export function makePollRules(scope: Construct, plan: Plan, receive: lambda.Function): void {
  const receivers = plan.inputs.filter(({ poll }) => poll !== undefined)
  if (receivers.length === 0) return
  receive.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) })
  for (const { stream, poll } of receivers) {
    if (poll === undefined) continue
    new events.Rule(scope, stream, {
      description: `Millrace job ${plan.name}: asks the receiver '${stream}'`,
      schedule: events.Schedule.rate(Duration.millis(poll.everyMs)),
      targets: [new targets.LambdaFunction(receive, { event: events.RuleTargetInput.fromObject({ poll: stream }), retryAttempts: 0 })],
    })
  }
}
