/** A Python with onnxruntime and numpy for tests: `$ARCC_TEST_PYTHON`, or python3 if it has them. */
import { execFileSync } from 'node:child_process'

export const python = process.env.ARCC_TEST_PYTHON ?? 'python3'

function check(): boolean {
  try {
    execFileSync(python, ['-c', 'import numpy, onnxruntime'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export const pythonIsThere = check()

/** What a test's name says where it is skipped. */
export const whyNot = pythonIsThere ? '' : ' (skipped: no onnxruntime in python3 nor in $ARCC_TEST_PYTHON)'
