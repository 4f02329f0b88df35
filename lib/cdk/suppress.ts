import { CfnResource } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

export interface Suppression {
  /** Of cdk-nag, e.g. 'AwsSolutions-S1'. */
  readonly id: string
  readonly reason: string
}

/** Notes in the template why a rule of cdk-nag does not apply to a resource, in cdk-nag's own form: its users need nothing of their own. */
export function suppress(resource: IConstruct, ...rules: readonly Suppression[]): void {
  const target = resource instanceof CfnResource ? resource : resource.node.defaultChild
  if (target instanceof CfnResource) target.addMetadata('cdk_nag', { rules_to_suppress: rules })
}
