// npm run deploy:local: deploys the app of cdk.json to LocalStack and says what to try next.
import { bootstrap, deploy } from './cdk.ts'
import { deployedJobs, shardsOf } from './jobs.ts'

await bootstrap()
await deploy(['--context', 'retain=false'])

for (const { receive, run } of await deployedJobs()) {
  const { job, streams, table, bucket } = receive.environment
  const shards = await Promise.all(
    Object.entries(streams).map(async ([name, arn]) => {
      const { length } = await shardsOf(arn)
      return `stream ${name} (${length} ${length === 1 ? 'shard' : 'shards'})`
    }),
  )
  console.log(`${job}  ${shards.join(' · ')} · functions ${receive.name}, ${run.name} · table ${table} · bucket ${bucket}`)
  console.log(`  put:   npx millrace produce ${job} --input FILE --local`)
  console.log(`  watch: npx millrace watch ${job} --local`)
}
