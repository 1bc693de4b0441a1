/** All catalogues with the examples of their codes. */
import { usageErrors } from '../../cli/host/messages.ts'
import { networkErrors } from '../../cli/host/network/messages.ts'
import { runsErrors } from '../../cli/runs/messages.ts'
import { checkDiagnostic } from '../../compiler/check/messages.ts'
import { nameDiagnostic } from '../../compiler/names/messages.ts'
import { planDiagnostic } from '../../compiler/plan/messages.ts'
import { evaluateDiagnostic } from '../../compiler/values/messages.ts'
import { grammarError } from '../../grammar/messages.ts'
import { placementErrors } from '../../runtime/backend/messages.ts'
import { checkpointErrors } from '../../runtime/checkpoint/messages.ts'
import { cudaError } from '../../runtime/cuda/errors.ts'
import { alignErrors } from '../../runtime/data/align/messages.ts'
import { dataErrors } from '../../runtime/data/messages.ts'
import { packErrors } from '../../runtime/data/pack/messages.ts'
import { sourceErrors } from '../../runtime/data/sources/messages.ts'
import { embedErrors } from '../../runtime/embed/messages.ts'
import { allToAllErrors } from '../../runtime/evaluate/all-to-all/messages.ts'
import { ijbErrors } from '../../runtime/evaluate/ijb/messages.ts'
import { evaluateErrors } from '../../runtime/evaluate/messages.ts'
import { reportErrors } from '../../runtime/evaluate/report/messages.ts'
import { exportErrors } from '../../runtime/export/messages.ts'
import { onnxErrors } from '../../runtime/export/onnx/messages.ts'
import { peerErrors } from '../../runtime/peers/store/messages.ts'
import { tensorFileErrors } from '../../runtime/safetensors-header.ts'
import { startErrors } from '../../runtime/start/messages.ts'
import { tfjsError } from '../../runtime/tfjs/errors.ts'
import { nativeErrors } from '../../runtime/tfjs/native/errors.ts'
import { hangErrors } from '../../runtime/train/failure/messages.ts'
import { trainErrors } from '../../runtime/train/messages.ts'
import { wheelErrors } from '../../runtime/wheels/errors.ts'
import { collectiveErrors } from '../../runtime/xla/collectives/messages.ts'
import { xlaError } from '../../runtime/xla/pjrt/errors.ts'
import { storeErrors } from '../../runtime/xla/store/errors.ts'
import { checkExamples } from './check-examples.ts'
import { checkpointExamples } from './checkpoint-examples.ts'
import { embedExamples, exportExamples } from './embed-examples.ts'
import { evaluationExamples } from './evaluation-examples.ts'
import { onnxExamples } from './export-examples.ts'
import { grammarExamples, nameExamples } from './grammar-examples.ts'
import { collectiveExamples, peerExamples } from './peer-examples.ts'
import { type Rendered, renderCatalogue } from './render.ts'
import { runsExamples } from './runs-examples.ts'
import * as runtime from './runtime-examples.ts'
import { sourceExamples } from './source-examples.ts'
import { startExamples } from './start-examples.ts'
import { evaluateExamples, planExamples } from './value-examples.ts'

/** Every catalogue of arcc, by the function that builds its diagnostics or errors. */
export const catalogues: Readonly<Record<string, readonly Rendered[]>> = {
  grammarError: renderCatalogue(grammarError.catalogue, grammarExamples),
  nameDiagnostic: renderCatalogue(nameDiagnostic.catalogue, nameExamples),
  checkDiagnostic: renderCatalogue(checkDiagnostic.catalogue, checkExamples),
  evaluateDiagnostic: renderCatalogue(evaluateDiagnostic.catalogue, evaluateExamples),
  planDiagnostic: renderCatalogue(planDiagnostic.catalogue, planExamples),
  hangErrors: renderCatalogue(hangErrors.catalogue, runtime.hangExamples),
  xlaError: renderCatalogue(xlaError.catalogue, runtime.xlaExamples),
  storeErrors: renderCatalogue(storeErrors.catalogue, runtime.storeExamples),
  tfjsError: renderCatalogue(tfjsError.catalogue, runtime.tfjsExamples),
  nativeErrors: renderCatalogue(nativeErrors.catalogue, runtime.nativeExamples),
  cudaError: renderCatalogue(cudaError.catalogue, runtime.cudaExamples),
  wheelErrors: renderCatalogue(wheelErrors.catalogue, runtime.wheelExamples),
  placementErrors: renderCatalogue(placementErrors.catalogue, runtime.placementExamples),
  dataErrors: renderCatalogue(dataErrors.catalogue, runtime.dataExamples),
  sourceErrors: renderCatalogue(sourceErrors.catalogue, sourceExamples),
  packErrors: renderCatalogue(packErrors.catalogue, runtime.packExamples),
  evaluateErrors: renderCatalogue(evaluateErrors.catalogue, runtime.verificationExamples),
  reportErrors: renderCatalogue(reportErrors.catalogue, evaluationExamples),
  alignErrors: renderCatalogue(alignErrors.catalogue, runtime.alignExamples),
  ijbErrors: renderCatalogue(ijbErrors.catalogue, runtime.ijbExamples),
  allToAllErrors: renderCatalogue(allToAllErrors.catalogue, runtime.allToAllExamples),
  tensorFileErrors: renderCatalogue(tensorFileErrors.catalogue, runtime.tensorFileExamples),
  startErrors: renderCatalogue(startErrors.catalogue, startExamples),
  checkpointErrors: renderCatalogue(checkpointErrors.catalogue, checkpointExamples),
  embedErrors: renderCatalogue(embedErrors.catalogue, embedExamples),
  exportErrors: renderCatalogue(exportErrors.catalogue, exportExamples),
  runsErrors: renderCatalogue(runsErrors.catalogue, runsExamples),
  onnxErrors: renderCatalogue(onnxErrors.catalogue, onnxExamples),
  trainErrors: renderCatalogue(trainErrors.catalogue, runtime.trainExamples),
  peerErrors: renderCatalogue(peerErrors.catalogue, peerExamples),
  collectiveErrors: renderCatalogue(collectiveErrors.catalogue, collectiveExamples),
  networkErrors: renderCatalogue(networkErrors.catalogue, runtime.networkExamples),
  usageErrors: renderCatalogue(usageErrors.catalogue, runtime.usageExamples),
}
