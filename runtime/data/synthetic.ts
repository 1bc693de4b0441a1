/**
 * Synthetic identities: drawn faces of people who don't exist, for training and verification without any data. A person
 * (`synthetic/identity.ts`) is a fixed set of features; an image adds circumstances (`synthetic/nuisance.ts`) that change far
 * more pixels than the person does. Everything is determined by (seed, identity, sample).
 */
import { FACE_SIZE, type Image } from './image.ts'
import { createCanvas } from './synthetic/canvas.ts'
import { paintGlasses, paintMarks, paintOcclusion } from './synthetic/extras.ts'
import { paintBrows, paintEyes, paintMouth, paintNose } from './synthetic/features.ts'
import { paintBeard, paintHairBehind, paintHairFront } from './synthetic/hair.ts'
import { paintBackground, paintBody, paintEars, paintHead } from './synthetic/head.ts'
import { drawIdentity } from './synthetic/identity.ts'
import { applyLight, blur, develop } from './synthetic/light.ts'
import { drawNuisance } from './synthetic/nuisance.ts'

export interface FaceRequest {
  readonly seed: number
  /** Which person, a u32. */
  readonly identity: number
  /** Which image of the person, a u32. */
  readonly sample: number
  readonly nuisance: number
  /** Side in pixels, 112 by default. */
  readonly size?: number
}

/** One image of one synthetic person; equal requests return equal bytes. */
export function renderFace(request: FaceRequest): Image {
  const { seed, identity, sample, nuisance, size = FACE_SIZE } = request
  const who = drawIdentity(seed, identity)
  const how = drawNuisance(seed, identity, sample, nuisance, size)
  const canvas = createCanvas(size)
  paintBackground(canvas, how)
  paintHairBehind(canvas, who, how)
  paintBody(canvas, who, how)
  paintEars(canvas, who, how)
  paintHead(canvas, who, how)
  paintEyes(canvas, who, how)
  paintMarks(canvas, who, how)
  paintNose(canvas, who, how)
  paintMouth(canvas, who, how)
  paintBeard(canvas, who, how)
  paintHairFront(canvas, who, how)
  paintBrows(canvas, who, how)
  paintGlasses(canvas, who, how)
  paintOcclusion(canvas, who, how)
  applyLight(canvas, who, how)
  blur(canvas, how.blur)
  return { width: size, height: size, data: develop(canvas, how.noise, request) }
}
