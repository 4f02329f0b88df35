import type { DescribedPlan, DescribedStage } from '../../plan/describe-plan.ts'

export interface Box {
  readonly stage: DescribedStage
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Arrow {
  readonly uid: string
  readonly path: string
  /** Of its text. */
  readonly x: number
  readonly y: number
}

const WIDTH = 320
const GAP_X = 130
const GAP_Y = 28
const HEAD = 36
const ROW = 42

/** Returns where the stages of a program are drawn: a column for each step from receive on, arrows from left to right. */
export function layOut(plan: DescribedPlan): {
  readonly boxes: readonly Box[]
  readonly arrows: readonly Arrow[]
  readonly width: number
  readonly height: number
} {
  const level = new Map<string, number>()
  for (const { uid } of plan.stages) {
    const before = plan.shuffles.filter(({ to }) => to === uid).flatMap(({ from }) => from.map((stage) => level.get(stage) ?? 0))
    level.set(uid, before.length === 0 ? 0 : Math.max(...before) + 1)
  }
  const bottoms: number[] = []
  const boxes = plan.stages.map((stage): Box => {
    const column = level.get(stage.uid) ?? 0
    const y = bottoms[column] ?? 2
    const height = HEAD + Math.max(1, stage.operators.length) * ROW + 6
    bottoms[column] = y + height + GAP_Y
    return { stage, x: 2 + column * (WIDTH + GAP_X), y, width: WIDTH, height }
  })
  const boxOf = (uid: string): Box | undefined => boxes.find(({ stage }) => stage.uid === uid)
  const rowOf = (box: Box, uid: string): number => {
    const i = box.stage.operators.findIndex((operator) => operator.uid === uid)
    return box.y + HEAD + Math.max(0, i) * ROW + 18
  }
  const arrows = plan.shuffles.flatMap((shuffle) =>
    shuffle.from.flatMap((uid): Arrow[] => {
      const [from, to] = [boxOf(uid), boxOf(shuffle.to)]
      if (from === undefined || to === undefined) return []
      const [x1, y1] = [from.x + from.width - 12, rowOf(from, shuffle.fromOperator)]
      const [x2, y2] = [to.x + 12, rowOf(to, shuffle.toOperators[0] ?? '')]
      const middle = (x1 + x2) / 2
      return [{ uid: shuffle.uid, path: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`, x: middle, y: (y1 + y2) / 2 - 7 }]
    }),
  )
  return {
    boxes,
    arrows,
    width: Math.max(...boxes.map(({ x, width }) => x + width)) + 2,
    height: Math.max(...boxes.map(({ y, height }) => y + height)) + 2,
  }
}
