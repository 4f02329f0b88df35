/** Prices of us-east-1 in USD, on demand, as published in November 2026: Lambda arm64 in its first tier, DynamoDB since its cut of November 2024, S3 Standard, SQS standard queues. */
export const PRICES = {
  /** Per write unit: 1 KB of an item. */
  dynamoWriteUnit: 0.625e-6,
  /** Per read unit: 4 KB strongly consistent, 8 KB eventually. */
  dynamoReadUnit: 0.125e-6,
  s3Put: 5e-6,
  s3Get: 0.4e-6,
  /** Per request: sends, receives (also empty ones) and deletes. */
  sqsRequest: 0.4e-6,
  lambdaRequest: 0.2e-6,
  /** Per GB and second, arm64. */
  lambdaGbSecond: 0.0000133334,
} as const

/** Managed Service for Apache Flink: 1 KPU of work with its 50 GB of storage, and 1 of orchestration; per month of 730 h. */
export const MANAGED_FLINK_PER_MONTH: number = 2 * 0.11 * 730 + 50 * 0.1
