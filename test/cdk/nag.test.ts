// cdk-nag's AwsSolutions pack over everything that the construct can make.
import { Aspects, CfnResource, Stack, aws_kms as kms, type App, type IAspect } from 'aws-cdk-lib'
import { Annotations, Match } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { StreamingJob } from 'millrace/cdk'
import { describe, expect, it } from 'vitest'
import { makeApp, WIDE, WORD_COUNT } from './synth.ts'

function everything(app: App): Stack {
  const stack = new Stack(app, 'Nag')
  new StreamingJob(stack, 'WordCount', { entry: WORD_COUNT })
  new StreamingJob(stack, 'Wide', { entry: WIDE, encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }) })
  return stack
}

function findings(stack: Stack): string[] {
  Aspects.of(stack).add(new AwsSolutionsChecks({ verbose: true }))
  const annotations = Annotations.fromStack(stack)
  const all = [...annotations.findError('*', Match.anyValue()), ...annotations.findWarning('*', Match.anyValue())]
  return all.map(({ id, entry }) => `${id}: ${JSON.stringify(entry.data).slice(1, 120)}`).filter((finding) => finding.includes(': AwsSolutions-'))
}

describe('AwsSolutions', () => {
  it('has nothing to say that is not answered in the template', () => {
    expect(findings(everything(makeApp()))).toEqual([])
  })

  it('would speak without the answers, and each answer is needed', () => {
    const stack = everything(makeApp())
    const answered = new Set<string>()
    const silence: IAspect = {
      visit: (node) => {
        if (!(node instanceof CfnResource)) return
        const suppressed = (node.getMetadata('cdk_nag') as { rules_to_suppress: { id: string; reason: string }[] } | undefined)?.rules_to_suppress ?? []
        for (const { id, reason } of suppressed) {
          answered.add(id)
          expect(reason.length, id).toBeGreaterThan(40)
        }
        node.addMetadata('cdk_nag', { rules_to_suppress: [] })
      },
    }
    Aspects.of(stack).add(silence, { priority: 1 })
    const rules = new Set(findings(stack).map((finding) => /AwsSolutions-\w+(?=[[:])/.exec(finding)?.[0]))
    expect([...rules].sort()).toEqual([...answered].sort())
  })
})
