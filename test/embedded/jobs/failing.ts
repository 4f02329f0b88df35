// Fails where FAIL_IN says, in every batch that holds the word 'bad'. CALLS: a file with a line for every call of foreachRDD.
import { appendFileSync } from 'node:fs'
import { defineJob, seconds, text } from 'millrace'

const failIn = process.env['FAIL_IN']
const calls = process.env['CALLS']

export default defineJob({ name: 'failing', batchInterval: seconds(1) }, (ssc) => {
  const words = ssc.kinesisStream('lines', text()).flatMap((line) => line.split(' '))
  words
    .mapToPair((word) => [word, word])
    .reduceByKey(
      (a, b) => {
        if (failIn === 'reduce' && a === 'bad') throw new RangeError('no bad words')
        return `${a}+${b}`
      },
      { uid: 'join-words' },
    )
    .saveAsJsonFiles('joined')
  words
    .transform((rdd) => {
      if (failIn === 'transform' && rdd.collect().includes('bad')) throw new RangeError('no bad words')
      return rdd.sortBy((word) => word)
    })
    .saveAsTextFiles('sorted')
  words.foreachRDD(
    (rdd) => {
      if (calls !== undefined) appendFileSync(calls, `${rdd.collect().join(' ')}\n`)
      if (failIn === 'foreachRDD' && rdd.collect().includes('bad')) throw new RangeError('no bad words')
    },
    { uid: 'tell' },
  )
})
