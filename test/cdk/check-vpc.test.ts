import { type App, type Stack, aws_ec2 as ec2 } from 'aws-cdk-lib'
import { Annotations, Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { synth, WORD_COUNT } from './synth.ts'

const NO_WAY = /its VPC Test\/Vpc has no way to Kinesis: .*vpc\.addInterfaceEndpoint\('Kinesis'/
const isolated = (stack: Stack): ec2.Vpc =>
  new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'own', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] })
const assemble = (stack: Stack): unknown => (stack.node.root as App).synth()

// Synthesizing takes seconds, and longer beside other tests.
describe('a VPC without a way to Kinesis', { timeout: 120_000 }, () => {
  it('is refused at synth', () => {
    const { stack } = synth(WORD_COUNT, (s) => ({ vpc: isolated(s) as ec2.IVpc }))
    expect(() => assemble(stack)).toThrow(NO_WAY)
  })

  it('is refused where the endpoint is one of another service', () => {
    const { stack } = synth(WORD_COUNT, (s) => {
      const vpc = isolated(s)
      vpc.addInterfaceEndpoint('Queues', { service: ec2.InterfaceVpcEndpointAwsService.SQS })
      return { vpc: vpc as ec2.IVpc }
    })
    expect(() => assemble(stack)).toThrow(NO_WAY)
  })

  it('is taken with the endpoint, also one that is made after the job', () => {
    const { stack } = synth(WORD_COUNT, (s) => ({ vpc: isolated(s) as ec2.IVpc }))
    const vpc = stack.node.findChild('Vpc') as ec2.Vpc
    vpc.addInterfaceEndpoint('Kinesis', { service: ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS })
    expect(() => assemble(stack)).not.toThrow()
  })

  it('is taken with a NAT gateway', () => {
    const { stack } = synth(WORD_COUNT, (s) => ({ vpc: new ec2.Vpc(s, 'Vpc') as ec2.IVpc }))
    expect(() => assemble(stack)).not.toThrow()
  })

  it('that was made elsewhere gives a warning', () => {
    const { stack } = synth(WORD_COUNT, (s) => ({
      vpc: ec2.Vpc.fromVpcAttributes(s, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], isolatedSubnetIds: ['subnet-1'] }),
    }))
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('has no way to Kinesis.*if it has the endpoint there, all is well'))
  })
})
