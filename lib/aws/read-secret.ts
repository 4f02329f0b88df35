import { GetSecretValueCommand, SecretsManagerClient, SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager'
import { CLIENT_OPTIONS } from './client-options.ts'
import { unreadable } from './unreadable.ts'

/** Returns the text of a secret of AWS Secrets Manager, by name or ARN. `who` wants it, for errors. */
export async function readSecret(who: string, secret: string): Promise<string> {
  const client = new SecretsManagerClient(CLIENT_OPTIONS)
  try {
    const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: secret }))
    return text ?? ''
  } catch (cause) {
    if (!(cause instanceof SecretsManagerServiceException)) throw cause
    throw unreadable(
      who,
      'Secrets Manager',
      cause,
      `The secret ${secret} must be there, and the run function needs secretsmanager:GetSecretValue for it: secret.grantRead(job)`,
    )
  } finally {
    client.destroy()
  }
}
