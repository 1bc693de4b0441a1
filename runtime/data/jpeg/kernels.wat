;; The inner loops of the JPEG decoder (ITU-T T.81, sequential mode with Huffman codes). The inverse DCT, the upsampling and the colors
;; are those of libjpeg's defaults (jidctint.c, jdsample.c, jdcolor.c), in the 16-bit arithmetic of libjpeg-turbo's SIMD code, so that
;; pixels are the same. `npm run kernels` writes `kernels.gen.ts` from this file.
;;
;; Addresses are in bytes. Loads and stores may pass the end of a buffer by up to 32 bytes: buffers are padded.
(module
  (import "arcc" "memory" (memory 1))

  ;; The entropy-coded bytes: the next bits from the top of $bits down, $count of them valid, and the byte that comes after them.
  (global $bits (mut i64) (i64.const 0))
  (global $count (mut i32) (i32.const 0))
  (global $next (mut i32) (i32.const 0))
  ;; All coefficients with their signs folded in: its highest bit is that of the largest coefficient.
  (global $reach (mut i32) (i32.const 0))
  ;; The order of coefficients in the file: u8[64], the offset of each in the block. Written once.
  (global $zigzag (mut i32) (i32.const 0))

  (func (export "setZigzag") (param $at i32) (global.set $zigzag (local.get $at)))

  ;; Starts to read bits at a byte; 16 zeros must follow the last one.
  (func (export "startBits") (param $at i32)
    (global.set $bits (i64.const 0))
    (global.set $count (i32.const 0))
    (global.set $next (local.get $at)))

  ;; The bits that were read since the byte at $start.
  (func (export "bitsRead") (param $start i32) (result i32)
    (i32.sub (i32.shl (i32.sub (global.get $next) (local.get $start)) (i32.const 3)) (global.get $count)))

  ;; The largest coefficient so far, or a number with the same highest bit; forgets it.
  (func (export "takeReach") (result i32)
    (global.get $reach)
    (global.set $reach (i32.const 0)))

  ;; The entry of the next code, which is longer than nine bits: its length times 256 plus its symbol; 0 if there is none. A table has
  ;; u16[512], the entries by the next nine bits, or 0 where a code is longer; then, by length 0 … 16, i32: the code after the last one,
  ;; and what is to be added to a code for the place of its symbol; then the symbols, u8[256].
  (func $longCode (param $table i32) (param $bits i64) (result i32)
    (local $length i32) (local $code i32) (local $row i32)
    (local.set $length (i32.const 10))
    (loop $longer
      (local.set $code
        (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $length))))))
      (local.set $row (i32.add (local.get $table) (i32.shl (local.get $length) (i32.const 2))))
      (if (i32.lt_s (local.get $code) (i32.load offset=1024 (local.get $row)))
        (then
          (return
            (i32.or
              (i32.shl (local.get $length) (i32.const 8))
              (i32.load8_u offset=1160
                (i32.add
                  (local.get $table)
                  (i32.add (local.get $code) (i32.load offset=1092 (local.get $row)))))))))
      (br_if $longer (i32.le_u (local.tee $length (i32.add (local.get $length) (i32.const 1))) (i32.const 16))))
    (i32.const 0))

  ;; Reads one block and writes its coefficients, dequantized, to $block, i16[8, 8], which is zero. $quant has i32[64] in the order of the
  ;; file; $previous is the DC value of the component's last block, which it replaces. Returns the place of the last coefficient in
  ;; the order of the file, -1 if the data are wrong. Written without calls, which cost more than the work in them.
  (func $readBlock
    (param $block i32) (param $dc i32) (param $ac i32) (param $quant i32) (param $previous i32) (result i32)
    (local $bits i64) (local $count i32) (local $next i32) (local $eight v128)
    (local $entry i32) (local $length i32) (local $size i32) (local $value i32) (local $k i32) (local $last i32) (local $reach i32)
    (local.set $bits (global.get $bits))
    (local.set $count (global.get $count))
    (local.set $next (global.get $next))
    (block $wrong
      ;; A code and its value have at most 31 bits.
      (if (i32.lt_u (local.get $count) (i32.const 32))
        (then
          (local.set $bits
            (i64.or
              (local.get $bits)
              (i64.shr_u (i64x2.extract_lane 0
                  (i8x16.shuffle 7 6 5 4 3 2 1 0 0 0 0 0 0 0 0 0
                    (local.tee $eight (v128.load64_zero (local.get $next)))
                    (local.get $eight)))
                (i64.extend_i32_u (local.get $count)))))
          (local.set $next
            (i32.add (local.get $next) (i32.shr_u (i32.sub (i32.const 63) (local.get $count)) (i32.const 3))))
          (local.set $count (i32.or (local.get $count) (i32.const 56)))))
      (local.set $entry
        (i32.load16_u
          (i32.add (local.get $dc) (i32.and (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 54))) (i32.const 0x3fe)))))
      (if (i32.eqz (local.get $entry))
        (then
          (br_if $wrong (i32.eqz (local.tee $entry (call $longCode (local.get $dc) (local.get $bits)))))))
      (local.set $length (i32.shr_u (local.get $entry) (i32.const 8)))
      (local.set $bits (i64.shl (local.get $bits) (i64.extend_i32_u (local.get $length))))
      (local.set $value (i32.const 0))
      (local.set $size (i32.and (local.get $entry) (i32.const 15)))
      ;; A shift by 64 is one by 0.
      (if (local.get $size)
        (then
          ;; The next $size bits as a signed number, which is negative if the first bit is 0: F.12 of T.81.
          (local.set $value
            (i32.add
              (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $size)))))
              (i32.and
                (i32.add (i32.shl (i32.const -1) (local.get $size)) (i32.const 1))
                (i32.wrap_i64 (i64.shr_s (i64.xor (local.get $bits) (i64.const -1)) (i64.const 63))))))
          (local.set $bits (i64.shl (local.get $bits) (i64.extend_i32_u (local.get $size))))
          (local.set $count (i32.sub (local.get $count) (i32.add (local.get $length) (local.get $size)))))
        (else (local.set $count (i32.sub (local.get $count) (local.get $length)))))
      (local.set $value (i32.add (local.get $value) (i32.load (local.get $previous))))
      (i32.store (local.get $previous) (local.get $value))
      (local.set $value (i32.mul (local.get $value) (i32.load (local.get $quant))))
      (local.set $reach (i32.xor (local.get $value) (i32.shr_s (local.get $value) (i32.const 31))))
      (i32.store16 (local.get $block) (local.get $value))
      (local.set $k (i32.const 1))
      (block $end
        (loop $more
          (if (i32.lt_u (local.get $count) (i32.const 32))
            (then
              (local.set $bits
                (i64.or
                  (local.get $bits)
                  (i64.shr_u (i64x2.extract_lane 0
                      (i8x16.shuffle 7 6 5 4 3 2 1 0 0 0 0 0 0 0 0 0
                        (local.tee $eight (v128.load64_zero (local.get $next)))
                        (local.get $eight)))
                    (i64.extend_i32_u (local.get $count)))))
              (local.set $next
                (i32.add (local.get $next) (i32.shr_u (i32.sub (i32.const 63) (local.get $count)) (i32.const 3))))
              (local.set $count (i32.or (local.get $count) (i32.const 56)))))
          (local.set $entry
            (i32.load16_u
              (i32.add (local.get $ac) (i32.and (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 54))) (i32.const 0x3fe)))))
          (if (i32.eqz (local.get $entry))
            (then
              (br_if $wrong (i32.eqz (local.tee $entry (call $longCode (local.get $ac) (local.get $bits)))))))
          (local.set $length (i32.shr_u (local.get $entry) (i32.const 8)))
          (local.set $bits (i64.shl (local.get $bits) (i64.extend_i32_u (local.get $length))))
          (local.set $size (i32.and (local.get $entry) (i32.const 15)))
          (local.set $k (i32.add (local.get $k) (i32.and (i32.shr_u (local.get $entry) (i32.const 4)) (i32.const 15))))
          (if (i32.eqz (local.get $size))
            (then
              (local.set $count (i32.sub (local.get $count) (local.get $length)))
              ;; Sixteen zeros, or the end of the block.
              (br_if $end (i32.ne (i32.and (local.get $entry) (i32.const 0xf0)) (i32.const 0xf0)))
              (local.set $k (i32.add (local.get $k) (i32.const 1)))
              (br_if $more (i32.lt_u (local.get $k) (i32.const 64)))
              (br $wrong)))
          (br_if $wrong (i32.gt_u (local.get $k) (i32.const 63)))
          (local.set $value
            (i32.add
              (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $size)))))
              (i32.and
                (i32.add (i32.shl (i32.const -1) (local.get $size)) (i32.const 1))
                (i32.wrap_i64 (i64.shr_s (i64.xor (local.get $bits) (i64.const -1)) (i64.const 63))))))
          (local.set $bits (i64.shl (local.get $bits) (i64.extend_i32_u (local.get $size))))
          (local.set $count (i32.sub (local.get $count) (i32.add (local.get $length) (local.get $size))))
          (local.set $value
            (i32.mul
              (local.get $value)
              (i32.load (i32.add (local.get $quant) (i32.shl (local.get $k) (i32.const 2))))))
          (local.set $reach
            (i32.or (local.get $reach) (i32.xor (local.get $value) (i32.shr_s (local.get $value) (i32.const 31)))))
          (i32.store16
            (i32.add
              (local.get $block)
              (i32.load8_u (i32.add (global.get $zigzag) (local.get $k))))
            (local.get $value))
          (local.set $last (local.get $k))
          (br_if $more (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 64)))))
      (global.set $bits (local.get $bits))
      (global.set $count (local.get $count))
      (global.set $next (local.get $next))
      (global.set $reach (i32.or (global.get $reach) (local.get $reach)))
      (return (local.get $last)))
    (i32.const -1))

  ;; One dimension of the inverse DCT (jidctint.c), down the columns of $block, i16[8, 8], and a transposition, in place: results are
  ;; rounded by adding $half and shifted by $shift.
  (func $transform (param $block i32) (param $half i32) (param $shift i32)
    (local $0 v128) (local $1 v128) (local $2 v128) (local $3 v128)
    (local $4 v128) (local $5 v128) (local $6 v128) (local $7 v128)
    (local $low v128) (local $high v128) (local $round v128)
    (local $0l v128) (local $0h v128) (local $1l v128) (local $1h v128)
    (local $2l v128) (local $2h v128) (local $3l v128) (local $3h v128)
    (local $al v128) (local $ah v128) (local $bl v128) (local $bh v128)
    (local.set $round (i32x4.splat (local.get $half)))
    (local.set $0 (v128.load (local.get $block)))
    (local.set $1 (v128.load offset=16 (local.get $block)))
    (local.set $2 (v128.load offset=32 (local.get $block)))
    (local.set $3 (v128.load offset=48 (local.get $block)))
    (local.set $4 (v128.load offset=64 (local.get $block)))
    (local.set $5 (v128.load offset=80 (local.get $block)))
    (local.set $6 (v128.load offset=96 (local.get $block)))
    (local.set $7 (v128.load offset=112 (local.get $block)))
    ;; The even part: coefficients 2 and 6, then 0 and 4.
    (local.set $low (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $2) (local.get $6)))
    (local.set $high (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $2) (local.get $6)))
    (local.set $al (i32x4.dot_i16x8_s (local.get $low) (v128.const i16x8 10703 4433 10703 4433 10703 4433 10703 4433)))
    (local.set $ah (i32x4.dot_i16x8_s (local.get $high) (v128.const i16x8 10703 4433 10703 4433 10703 4433 10703 4433)))
    (local.set $bl (i32x4.dot_i16x8_s (local.get $low) (v128.const i16x8 4433 -10704 4433 -10704 4433 -10704 4433 -10704)))
    (local.set $bh (i32x4.dot_i16x8_s (local.get $high) (v128.const i16x8 4433 -10704 4433 -10704 4433 -10704 4433 -10704)))
    (local.set $2 (i16x8.add (local.get $0) (local.get $4)))
    (local.set $6 (i16x8.sub (local.get $0) (local.get $4)))
    (local.set $low (i32x4.shl (i32x4.extend_low_i16x8_s (local.get $2)) (i32.const 13)))
    (local.set $high (i32x4.shl (i32x4.extend_high_i16x8_s (local.get $2)) (i32.const 13)))
    (local.set $0l (i32x4.add (local.get $low) (local.get $al)))
    (local.set $0h (i32x4.add (local.get $high) (local.get $ah)))
    (local.set $3l (i32x4.sub (local.get $low) (local.get $al)))
    (local.set $3h (i32x4.sub (local.get $high) (local.get $ah)))
    (local.set $low (i32x4.shl (i32x4.extend_low_i16x8_s (local.get $6)) (i32.const 13)))
    (local.set $high (i32x4.shl (i32x4.extend_high_i16x8_s (local.get $6)) (i32.const 13)))
    (local.set $1l (i32x4.add (local.get $low) (local.get $bl)))
    (local.set $1h (i32x4.add (local.get $high) (local.get $bh)))
    (local.set $2l (i32x4.sub (local.get $low) (local.get $bl)))
    (local.set $2h (i32x4.sub (local.get $high) (local.get $bh)))
    ;; The odd part. First z3 = 7 + 3 and z4 = 5 + 1, of which $a is the share of 7 and 3, $b that of 5 and 1.
    (local.set $4 (i16x8.add (local.get $7) (local.get $3)))
    (local.set $6 (i16x8.add (local.get $5) (local.get $1)))
    (local.set $low (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $4) (local.get $6)))
    (local.set $high (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $4) (local.get $6)))
    (local.set $al (i32x4.dot_i16x8_s (local.get $low) (v128.const i16x8 -6436 9633 -6436 9633 -6436 9633 -6436 9633)))
    (local.set $ah (i32x4.dot_i16x8_s (local.get $high) (v128.const i16x8 -6436 9633 -6436 9633 -6436 9633 -6436 9633)))
    (local.set $bl (i32x4.dot_i16x8_s (local.get $low) (v128.const i16x8 9633 6437 9633 6437 9633 6437 9633 6437)))
    (local.set $bh (i32x4.dot_i16x8_s (local.get $high) (v128.const i16x8 9633 6437 9633 6437 9633 6437 9633 6437)))
    ;; Each odd sum is added to and subtracted from an even one: rows 3 and 4, 0 and 7, 2 and 5, 1 and 6.
    (local.set $6 (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $7) (local.get $1)))
    (local.set $7 (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $7) (local.get $1)))
    (local.set $2 (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $5) (local.get $3)))
    (local.set $5 (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $5) (local.get $3)))
    (local.set $low (i32x4.add (i32x4.dot_i16x8_s (local.get $6) (v128.const i16x8 -4927 -7373 -4927 -7373 -4927 -7373 -4927 -7373)) (local.get $al)))
    (local.set $high (i32x4.add (i32x4.dot_i16x8_s (local.get $7) (v128.const i16x8 -4927 -7373 -4927 -7373 -4927 -7373 -4927 -7373)) (local.get $ah)))
    (local.set $3 (i16x8.narrow_i32x4_s (i32x4.shr_s (i32x4.add (i32x4.add (local.get $3l) (local.get $low)) (local.get $round)) (local.get $shift)) (i32x4.shr_s (i32x4.add (i32x4.add (local.get $3h) (local.get $high)) (local.get $round)) (local.get $shift))))
    (local.set $4 (i16x8.narrow_i32x4_s (i32x4.shr_s (i32x4.add (i32x4.sub (local.get $3l) (local.get $low)) (local.get $round)) (local.get $shift)) (i32x4.shr_s (i32x4.add (i32x4.sub (local.get $3h) (local.get $high)) (local.get $round)) (local.get $shift))))
    (local.set $low (i32x4.add (i32x4.dot_i16x8_s (local.get $6) (v128.const i16x8 -7373 4926 -7373 4926 -7373 4926 -7373 4926)) (local.get $bl)))
    (local.set $high (i32x4.add (i32x4.dot_i16x8_s (local.get $7) (v128.const i16x8 -7373 4926 -7373 4926 -7373 4926 -7373 4926)) (local.get $bh)))
    (local.set $0 (i16x8.narrow_i32x4_s (i32x4.shr_s (i32x4.add (i32x4.add (local.get $0l) (local.get $low)) (local.get $round)) (local.get $shift)) (i32x4.shr_s (i32x4.add (i32x4.add (local.get $0h) (local.get $high)) (local.get $round)) (local.get $shift))))
    (local.set $1 (i16x8.narrow_i32x4_s (i32x4.shr_s (i32x4.add (i32x4.sub (local.get $0l) (local.get $low)) (local.get $round)) (local.get $shift)) (i32x4.shr_s (i32x4.add (i32x4.sub (local.get $0h) (local.get $high)) (local.get $round)) (local.get $shift))))
    (local.set $7 (local.get $1))
    (local.set $0l (i32x4.dot_i16x8_s (local.get $2) (v128.const i16x8 -4176 -20995 -4176 -20995 -4176 -20995 -4176 -20995)))
    (local.set $0h (i32x4.dot_i16x8_s (local.get $5) (v128.const i16x8 -4176 -20995 -4176 -20995 -4176 -20995 -4176 -20995)))
    (local.set $3l (i32x4.dot_i16x8_s (local.get $2) (v128.const i16x8 -20995 4177 -20995 4177 -20995 4177 -20995 4177)))
    (local.set $3h (i32x4.dot_i16x8_s (local.get $5) (v128.const i16x8 -20995 4177 -20995 4177 -20995 4177 -20995 4177)))
    (local.set $low (i32x4.add (local.get $3l) (local.get $al)))
    (local.set $high (i32x4.add (local.get $3h) (local.get $ah)))
    (local.set $1 (i16x8.narrow_i32x4_s (i32x4.shr_s (i32x4.add (i32x4.add (local.get $1l) (local.get $low)) (local.get $round)) (local.get $shift)) (i32x4.shr_s (i32x4.add (i32x4.add (local.get $1h) (local.get $high)) (local.get $round)) (local.get $shift))))
    (local.set $6 (i16x8.narrow_i32x4_s (i32x4.shr_s (i32x4.add (i32x4.sub (local.get $1l) (local.get $low)) (local.get $round)) (local.get $shift)) (i32x4.shr_s (i32x4.add (i32x4.sub (local.get $1h) (local.get $high)) (local.get $round)) (local.get $shift))))
    (local.set $low (i32x4.add (local.get $0l) (local.get $bl)))
    (local.set $high (i32x4.add (local.get $0h) (local.get $bh)))
    (local.set $2 (i16x8.narrow_i32x4_s (i32x4.shr_s (i32x4.add (i32x4.add (local.get $2l) (local.get $low)) (local.get $round)) (local.get $shift)) (i32x4.shr_s (i32x4.add (i32x4.add (local.get $2h) (local.get $high)) (local.get $round)) (local.get $shift))))
    (local.set $5 (i16x8.narrow_i32x4_s (i32x4.shr_s (i32x4.add (i32x4.sub (local.get $2l) (local.get $low)) (local.get $round)) (local.get $shift)) (i32x4.shr_s (i32x4.add (i32x4.sub (local.get $2h) (local.get $high)) (local.get $round)) (local.get $shift))))
    ;; The transposition: pairs of 16 bits, of 32 and of 64.
    (local.set $0l (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $0) (local.get $1)))
    (local.set $0h (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $0) (local.get $1)))
    (local.set $1l (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $2) (local.get $3)))
    (local.set $1h (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $2) (local.get $3)))
    (local.set $2l (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $4) (local.get $5)))
    (local.set $2h (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $4) (local.get $5)))
    (local.set $3l (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $6) (local.get $7)))
    (local.set $3h (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $6) (local.get $7)))
    (local.set $al (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $0l) (local.get $1l)))
    (local.set $ah (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $0l) (local.get $1l)))
    (local.set $bl (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $2l) (local.get $3l)))
    (local.set $bh (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $2l) (local.get $3l)))
    (local.set $0 (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $al) (local.get $bl)))
    (local.set $1 (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $al) (local.get $bl)))
    (local.set $2 (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ah) (local.get $bh)))
    (local.set $3 (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ah) (local.get $bh)))
    (local.set $al (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $0h) (local.get $1h)))
    (local.set $ah (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $0h) (local.get $1h)))
    (local.set $bl (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $2h) (local.get $3h)))
    (local.set $bh (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $2h) (local.get $3h)))
    (local.set $4 (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $al) (local.get $bl)))
    (local.set $5 (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $al) (local.get $bl)))
    (local.set $6 (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $ah) (local.get $bh)))
    (local.set $7 (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $ah) (local.get $bh)))
    (v128.store (local.get $block) (local.get $0))
    (v128.store offset=16 (local.get $block) (local.get $1))
    (v128.store offset=32 (local.get $block) (local.get $2))
    (v128.store offset=48 (local.get $block) (local.get $3))
    (v128.store offset=64 (local.get $block) (local.get $4))
    (v128.store offset=80 (local.get $block) (local.get $5))
    (v128.store offset=96 (local.get $block) (local.get $6))
    (v128.store offset=112 (local.get $block) (local.get $7)))

  ;; Levels from two rows of results: saturated to -128 … 127, then moved to 0 … 255; and zeros in their place.
  (func $storeRows (param $rows i32) (param $out i32) (param $stride i32)
    (local $levels v128)
    (local.set $levels
      (i8x16.add
        (i8x16.narrow_i16x8_s (v128.load (local.get $rows)) (v128.load offset=16 (local.get $rows)))
        (i8x16.splat (i32.const 128))))
    (v128.store64_lane 0 (local.get $out) (local.get $levels))
    (v128.store64_lane 1 (i32.add (local.get $out) (local.get $stride)) (local.get $levels))
    (v128.store (local.get $rows) (v128.const i64x2 0 0))
    (v128.store offset=16 (local.get $rows) (v128.const i64x2 0 0)))

  ;; Decodes one block to u8[8, 8] at $out, with $stride bytes from row to row; the other arguments are those of $readBlock. Returns 0 if
  ;; the data are wrong.
  (func (export "decodeBlock")
    (param $block i32) (param $dc i32) (param $ac i32) (param $quant i32) (param $previous i32)
    (param $out i32) (param $stride i32) (result i32)
    (local $last i32) (local $levels v128) (local $row i32)
    (local.set $last
      (call $readBlock (local.get $block) (local.get $dc) (local.get $ac) (local.get $quant) (local.get $previous)))
    (if (i32.lt_s (local.get $last) (i32.const 0)) (then (return (i32.const 0))))
    (if (i32.eqz (local.get $last))
      (then
        ;; What the transform makes of a DC value alone.
        (local.set $levels
          (i16x8.splat (i32.shr_s (i32.add (i32.load16_s (local.get $block)) (i32.const 4)) (i32.const 3))))
        (local.set $levels
          (i8x16.add
            (i8x16.narrow_i16x8_s (local.get $levels) (local.get $levels))
            (i8x16.splat (i32.const 128))))
        (i32.store16 (local.get $block) (i32.const 0))
        (local.set $row (i32.const 8))
        (loop $rows
          (v128.store64_lane 0 (local.get $out) (local.get $levels))
          (local.set $out (i32.add (local.get $out) (local.get $stride)))
          (br_if $rows (local.tee $row (i32.sub (local.get $row) (i32.const 1)))))
        (return (i32.const 1))))
    (call $transform (local.get $block) (i32.const 0x400) (i32.const 11))
    (call $transform (local.get $block) (i32.const 0x20000) (i32.const 18))
    (local.set $row (i32.const 4))
    (loop $pairs
      (call $storeRows (local.get $block) (local.get $out) (local.get $stride))
      (local.set $block (i32.add (local.get $block) (i32.const 32)))
      (local.set $out (i32.add (local.get $out) (i32.shl (local.get $stride) (i32.const 1))))
      (br_if $pairs (local.tee $row (i32.sub (local.get $row) (i32.const 1)))))
    (i32.const 1))

  ;; Doubles $n samples (jdsample.c, "fancy"): first a weighted sum of two rows, then each sample three times and its left or right
  ;; neighbor once, rounded and shifted. At the ends, a sample is its own neighbor. $line is scratch, i16[n + 2], 16 bytes into a
  ;; buffer.
  (func (export "upsample")
    (param $near i32) (param $far i32) (param $nearWeight i32) (param $farWeight i32)
    (param $halfLeft i32) (param $halfRight i32) (param $shift i32) (param $line i32) (param $n i32) (param $out i32)
    (local $i i32) (local $at i32) (local $by v128) (local $and v128) (local $this v128) (local $left v128) (local $right v128)
    (local.set $by (i16x8.splat (local.get $nearWeight)))
    (local.set $and (i16x8.splat (local.get $farWeight)))
    (local.set $at (local.get $line))
    (loop $sums
      (v128.store (local.get $at)
        (i16x8.add
          (i16x8.mul (v128.load8x8_u (i32.add (local.get $near) (local.get $i))) (local.get $by))
          (i16x8.mul (v128.load8x8_u (i32.add (local.get $far) (local.get $i))) (local.get $and))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $sums (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (local.get $n))))
    (i32.store16 (i32.sub (local.get $line) (i32.const 2)) (i32.load16_u (local.get $line)))
    (local.set $at (i32.add (local.get $line) (i32.shl (local.get $n) (i32.const 1))))
    (i32.store16 (local.get $at) (i32.load16_u (i32.sub (local.get $at) (i32.const 2))))
    (local.set $left (i16x8.splat (local.get $halfLeft)))
    (local.set $right (i16x8.splat (local.get $halfRight)))
    (local.set $by (i16x8.splat (i32.const 3)))
    (local.set $i (i32.const 0))
    (local.set $at (local.get $line))
    (loop $samples
      (local.set $this (i16x8.mul (v128.load (local.get $at)) (local.get $by)))
      (v128.store (local.get $out)
        (v128.or
          (i16x8.shr_u
            (i16x8.add
              (i16x8.add (local.get $this) (v128.load (i32.sub (local.get $at) (i32.const 2))))
              (local.get $left))
            (local.get $shift))
          (i16x8.shl
            (i16x8.shr_u
              (i16x8.add (i16x8.add (local.get $this) (v128.load offset=2 (local.get $at))) (local.get $right))
              (local.get $shift))
            (i32.const 8))))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $samples (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (local.get $n)))))

  ;; RGB, u8[n, 3], from $n samples of luminance and chrominance; writes groups of eight pixels. The factors are those of jdcolor.c times
  ;; 2^16: 1.402 - 1, 1 - 0.71414, -0.34414 and 1.772 - 2; what is missing to them is whole.
  (func (export "toRgb") (param $y i32) (param $cb i32) (param $cr i32) (param $n i32) (param $out i32)
    (local $i i32) (local $luma v128) (local $blue v128) (local $red v128) (local $center v128) (local $half v128)
    (local $r v128) (local $g v128) (local $b v128)
    (local.set $center (i16x8.splat (i32.const 128)))
    (local.set $half (i32x4.splat (i32.const 0x8000)))
    (loop $next
      (local.set $luma (v128.load8x8_u (i32.add (local.get $y) (local.get $i))))
      (local.set $blue (i16x8.sub (v128.load8x8_u (i32.add (local.get $cb) (local.get $i))) (local.get $center)))
      (local.set $red (i16x8.sub (v128.load8x8_u (i32.add (local.get $cr) (local.get $i))) (local.get $center)))
      (local.set $r
        (i16x8.add
          (i16x8.add (local.get $luma) (local.get $red))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s
              (i32x4.add (i32x4.extmul_low_i16x8_s (local.get $red) (i16x8.splat (i32.const 26345))) (local.get $half))
              (i32.const 16))
            (i32x4.shr_s
              (i32x4.add (i32x4.extmul_high_i16x8_s (local.get $red) (i16x8.splat (i32.const 26345))) (local.get $half))
              (i32.const 16)))))
      (local.set $b
        (i16x8.add
          (i16x8.add (local.get $luma) (i16x8.shl (local.get $blue) (i32.const 1)))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s
              (i32x4.add (i32x4.extmul_low_i16x8_s (local.get $blue) (i16x8.splat (i32.const -14942))) (local.get $half))
              (i32.const 16))
            (i32x4.shr_s
              (i32x4.add (i32x4.extmul_high_i16x8_s (local.get $blue) (i16x8.splat (i32.const -14942))) (local.get $half))
              (i32.const 16)))))
      (local.set $g
        (i16x8.add
          (i16x8.sub (local.get $luma) (local.get $red))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s
              (i32x4.add
                (i32x4.add
                  (i32x4.extmul_low_i16x8_s (local.get $blue) (i16x8.splat (i32.const -22554)))
                  (i32x4.extmul_low_i16x8_s (local.get $red) (i16x8.splat (i32.const 18734))))
                (local.get $half))
              (i32.const 16))
            (i32x4.shr_s
              (i32x4.add
                (i32x4.add
                  (i32x4.extmul_high_i16x8_s (local.get $blue) (i16x8.splat (i32.const -22554)))
                  (i32x4.extmul_high_i16x8_s (local.get $red) (i16x8.splat (i32.const 18734))))
                (local.get $half))
              (i32.const 16)))))
      ;; Red in the low half and green in the high half, then both with blue.
      (local.set $r (i8x16.narrow_i16x8_u (local.get $r) (local.get $g)))
      (local.set $b (i8x16.narrow_i16x8_u (local.get $b) (local.get $b)))
      (v128.store (local.get $out)
        (i8x16.shuffle 0 8 16 1 9 17 2 10 18 3 11 19 4 12 20 5 (local.get $r) (local.get $b)))
      (v128.store64_lane offset=16 0 (local.get $out)
        (i8x16.shuffle 13 21 6 14 22 7 15 23 0 0 0 0 0 0 0 0 (local.get $r) (local.get $b)))
      (local.set $out (i32.add (local.get $out) (i32.const 24)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (local.get $n))))))
