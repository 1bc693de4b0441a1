/** Opens the logs that an experiment asks for, beside `log.ndjson`. */
import type { Plan } from '../../compiler/plan/plan.ts'
import type { LogSink, Warn } from './log-sink.ts'
import { mlflowSink } from './mlflow.ts'
import { prometheusSink } from './prometheus.ts'
import { tensorboardSink } from './tensorboard.ts'

/** The logs of a run in a folder. One that cannot be opened is a warning. */
export async function openLogs(plan: Plan, folder: string, warn: Warn): Promise<readonly LogSink[]> {
  const { tensorboard, mlflow, prometheus } = plan.run.log
  const { fields } = plan.document.experiment
  const sinks: LogSink[] = []
  if (tensorboard) {
    const rows = fields.map(({ path, value }) => `    ${path} = ${value}`)
    const texts = new Map([['experiment', [`**${plan.name}**`, '', ...rows].join('\n')]])
    sinks.push(tensorboardSink({ folder, texts, warn }))
  }
  if (prometheus !== undefined) {
    const sink = await prometheusSink(prometheus, warn)
    if (sink !== undefined) sinks.push(sink)
  }
  if (mlflow?.pending !== undefined) {
    warn(`no metrics for MLflow: ${mlflow.pending} is not set; the run goes on without them (log.mlflow)`)
  } else if (mlflow !== undefined) {
    const { name, nodes, devicesPerNode, device } = plan.document.machine
    sinks.push(
      mlflowSink({
        url: mlflow.path,
        folder,
        experiment: plan.name,
        params: fields.map(({ path, value }) => ({ key: path, value })),
        tags: [
          { key: 'mlflow.source.name', value: plan.document.experiment.file },
          { key: 'arcc.folder', value: folder },
          { key: 'arcc.machine', value: `${name}: ${nodes * devicesPerNode} × ${device}` },
        ],
        warn,
      }),
    )
  }
  return sinks
}
