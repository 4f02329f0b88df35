import { aws_iam as iam } from 'aws-cdk-lib'

/** The two roles as one: rights given to the program reach map (in receive), foreachRDD (in run) and static tables (in both). */
export class ProgramPrincipal implements iam.IPrincipal {
  readonly assumeRoleAction = 'sts:AssumeRole'
  readonly #roles: readonly iam.Role[]

  constructor(roles: readonly iam.Role[]) {
    this.#roles = roles
  }

  get grantPrincipal(): iam.IPrincipal {
    return this
  }

  get policyFragment(): iam.PrincipalPolicyFragment {
    return new iam.PrincipalPolicyFragment({ AWS: this.#roles.map(({ roleArn }) => roleArn) })
  }

  get principalAccount(): string | undefined {
    return this.#roles[0]?.principalAccount
  }

  addToPolicy(statement: iam.PolicyStatement): boolean {
    return this.addToPrincipalPolicy(statement).statementAdded
  }

  addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    const added = this.#roles.map((role) => role.addToPrincipalPolicy(statement.copy()))
    const [first] = added
    return {
      statementAdded: added.every(({ statementAdded }) => statementAdded),
      ...(first?.policyDependable === undefined ? {} : { policyDependable: first.policyDependable }),
    }
  }
}
