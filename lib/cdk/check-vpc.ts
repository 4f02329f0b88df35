import { Annotations, Stack, aws_ec2 as ec2 } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

/**
 * Checks that functions in a VPC reach Kinesis, whose shards receive lists: through a NAT gateway, or an interface endpoint. Nothing stops without; but
 * a new shard then waits for all shards of its stream. The check comes at synth: the endpoint may be made after the job.
 */
export function checkVpc(scope: Construct, job: string, vpc: ec2.IVpc): void {
  // Where there are private subnets with a way out, that is where functions go.
  if (vpc.privateSubnets.length > 0) return
  const problem = `StreamingJob: job '${job}': its VPC ${vpc.node.path} has no way to Kinesis: no private subnet with egress and no interface endpoint. The receive function asks ListShards which shard came from which. Give the VPC one: vpc.addInterfaceEndpoint('Kinesis', { service: ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS })`
  if (vpc instanceof ec2.Vpc) scope.node.addValidation({ validate: () => (hasEndpoint(scope, vpc) ? [] : [problem]) })
  else if (!hasEndpoint(scope, vpc))
    Annotations.of(scope).addWarningV2('millrace:kinesis-endpoint', `${problem}. (The VPC was made elsewhere: if it has the endpoint there, all is well.)`)
}

function hasEndpoint(scope: Construct, vpc: ec2.IVpc): boolean {
  const text = (value: unknown): string => JSON.stringify(Stack.of(scope).resolve(value)) ?? ''
  const vpcId = text(vpc.vpcId)
  return scope.node.root.node
    .findAll()
    .some((child) => child instanceof ec2.CfnVPCEndpoint && /kinesis-streams/.test(text(child.serviceName)) && text(child.vpcId) === vpcId)
}
