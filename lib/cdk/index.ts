export { StreamingJob } from './streaming-job.ts'
export type { StreamingJobProps, StreamSource } from './streaming-job-props.ts'
