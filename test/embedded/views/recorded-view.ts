import type { Resumption, RunHeader, RunStatus, RunSummary, RunView } from '../../../lib/embedded/views/run-status.ts'

/** A view that remembers what it was shown. */
export class RecordedView implements RunView {
  readonly headers: RunHeader[] = []
  readonly resumptions: Resumption[] = []
  readonly printed: string[] = []
  readonly statuses: RunStatus[] = []
  readonly summaries: RunSummary[] = []

  begin(header: RunHeader): void {
    this.headers.push(header)
  }
  resume(resumption: Resumption): void {
    this.resumptions.push(resumption)
  }
  print(text: string): void {
    this.printed.push(text)
  }
  update(status: RunStatus): void {
    this.statuses.push(status)
  }
  end(summary: RunSummary): void {
    this.summaries.push(summary)
  }
}
