// What a streaming listener is told.
import { defineJob, seconds, text, type Time } from 'millrace'
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._: Equal<A, B> extends true ? [] : [{ expected: B; got: A }]): void => {}

defineJob({ name: 't', batchInterval: seconds(1) }, (ssc) => {
  ssc.kinesisStream('lines', text()).print()
  ssc.addStreamingListener({
    onBatchCompleted: ({ batchInfo: { batchTime, numRecords, totalDelay } }) => {
      same<typeof batchTime, Time>()
      same<typeof numRecords, number>()
      same<typeof totalDelay, number | null>()
    },
    onOutputOperationCompleted: async ({ outputOperationInfo: { failureReason } }) => {
      same<typeof failureReason, string | null>()
      await Promise.resolve()
    },
  })
  // @ts-expect-error there are no receivers
  ssc.addStreamingListener({ onReceiverStarted: () => {} })
})
