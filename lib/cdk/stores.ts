import { Duration, aws_dynamodb as dynamodb, aws_s3 as s3, type RemovalPolicy, type aws_kms as kms } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { SPILL_PREFIX } from '../runtime/entries/log-names.ts'
import { SPILL_GRACE_DAYS } from './limits.ts'
import { suppress } from './suppress.ts'

export interface StoreOptions {
  readonly removalPolicy: RemovalPolicy
  readonly encryptionKey: kms.IKey | undefined
}

/** Returns a table for logs and progress: one item per entry, paid by use, recoverable to any second of the last 35 days. */
export function makeTable(scope: Construct, { removalPolicy, encryptionKey }: StoreOptions): dynamodb.Table {
  return new dynamodb.Table(scope, 'Table', {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'ttl',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy,
    ...(encryptionKey === undefined
      ? { encryption: dynamodb.TableEncryption.AWS_MANAGED }
      : { encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
  })
}

/** Returns a bucket for spills, state and output. Not versioned: objects of the engine have names of their own, and outputs are written again with the same bytes. */
export function makeBucket(scope: Construct, { removalPolicy, encryptionKey, retention }: StoreOptions & { readonly retention: Duration }): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'Bucket', {
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy,
    ...(encryptionKey === undefined
      ? { encryption: s3.BucketEncryption.S3_MANAGED }
      : { encryption: s3.BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }),
    lifecycleRules: [
      // Spills outlive the entries that name them. State has no rule: who commits a snapshot deletes the one before the last.
      { id: 'spills', prefix: SPILL_PREFIX, expiration: Duration.days(Math.ceil(retention.toDays({ integral: false })) + SPILL_GRACE_DAYS) },
      { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
  })
  suppress(bucket, {
    id: 'AwsSolutions-S1',
    reason:
      'Only the two functions write here, under names that their log holds; server access logs would need a second bucket and grow with every batch. Use CloudTrail data events where an audit asks for them.',
  })
  return bucket
}
