;; The inner loops of the augmentations, 16 bytes at a time. Integer arithmetic only, so that every computer makes the same bits.
;; `npm run kernels` writes `kernels.gen.ts` from this file.
;;
;; Images are u8[pixels, 3] unless noted. Loads and stores may pass the end of a buffer by up to 32 bytes: buffers are padded.
(module
  (import "arcc" "memory" (memory 1))

  ;; A linear map of colors, in place, for $groups groups of eight pixels: for each output channel, the table has the factors of red and
  ;; green, four times, then that of blue and 0, four times; i16, times 2^12.
  (func (export "mapColors") (param $at i32) (param $groups i32) (param $table i32)
    (local $head v128) (local $tail v128) (local $half v128)
    (local $rg_low v128) (local $rg_high v128) (local $b0_low v128) (local $b0_high v128)
    (local $red_rg v128) (local $red_b0 v128) (local $green_rg v128) (local $green_b0 v128) (local $blue_rg v128) (local $blue_b0 v128)
    (local $red v128) (local $green v128)
    (local.set $half (i32x4.splat (i32.const 0x800)))
    (local.set $red_rg (v128.load offset=0 (local.get $table)))
    (local.set $red_b0 (v128.load offset=16 (local.get $table)))
    (local.set $green_rg (v128.load offset=32 (local.get $table)))
    (local.set $green_b0 (v128.load offset=48 (local.get $table)))
    (local.set $blue_rg (v128.load offset=64 (local.get $table)))
    (local.set $blue_b0 (v128.load offset=80 (local.get $table)))
    (loop $next
      (local.set $head (v128.load (local.get $at)))
      (local.set $tail (v128.load offset=8 (local.get $at)))
      ;; Interleaved red and green of the eight pixels, from bytes 0 … 15 and 8 … 23.
      (local.set $rg_high (i8x16.shuffle 0 1 3 4 6 7 9 10 12 13 15 24 26 27 29 30 (local.get $head) (local.get $tail)))
      ;; Interleaved blue and 0.
      (local.set $b0_high
        (i8x16.shuffle 0 16 1 16 2 16 3 16 4 16 5 16 6 16 7 16
          (i8x16.shuffle 2 5 8 11 14 25 28 31 0 0 0 0 0 0 0 0 (local.get $head) (local.get $tail))
          (i8x16.splat (i32.const 0))))
      (local.set $rg_low (i16x8.extend_low_i8x16_u (local.get $rg_high)))
      (local.set $rg_high (i16x8.extend_high_i8x16_u (local.get $rg_high)))
      (local.set $b0_low (i16x8.extend_low_i8x16_u (local.get $b0_high)))
      (local.set $b0_high (i16x8.extend_high_i8x16_u (local.get $b0_high)))
      (local.set $red
        (i16x8.narrow_i32x4_s
          (i32x4.shr_s
            (i32x4.add
              (i32x4.add
                (i32x4.dot_i16x8_s (local.get $rg_low) (local.get $red_rg))
                (i32x4.dot_i16x8_s (local.get $b0_low) (local.get $red_b0)))
              (local.get $half))
            (i32.const 12))
          (i32x4.shr_s
            (i32x4.add
              (i32x4.add
                (i32x4.dot_i16x8_s (local.get $rg_high) (local.get $red_rg))
                (i32x4.dot_i16x8_s (local.get $b0_high) (local.get $red_b0)))
              (local.get $half))
            (i32.const 12))))
      (local.set $green
        (i16x8.narrow_i32x4_s
          (i32x4.shr_s
            (i32x4.add
              (i32x4.add
                (i32x4.dot_i16x8_s (local.get $rg_low) (local.get $green_rg))
                (i32x4.dot_i16x8_s (local.get $b0_low) (local.get $green_b0)))
              (local.get $half))
            (i32.const 12))
          (i32x4.shr_s
            (i32x4.add
              (i32x4.add
                (i32x4.dot_i16x8_s (local.get $rg_high) (local.get $green_rg))
                (i32x4.dot_i16x8_s (local.get $b0_high) (local.get $green_b0)))
              (local.get $half))
            (i32.const 12))))
      (local.set $tail
        (i16x8.narrow_i32x4_s
          (i32x4.shr_s
            (i32x4.add
              (i32x4.add
                (i32x4.dot_i16x8_s (local.get $rg_low) (local.get $blue_rg))
                (i32x4.dot_i16x8_s (local.get $b0_low) (local.get $blue_b0)))
              (local.get $half))
            (i32.const 12))
          (i32x4.shr_s
            (i32x4.add
              (i32x4.add
                (i32x4.dot_i16x8_s (local.get $rg_high) (local.get $blue_rg))
                (i32x4.dot_i16x8_s (local.get $b0_high) (local.get $blue_b0)))
              (local.get $half))
            (i32.const 12))))
      (local.set $head (i8x16.narrow_i16x8_u (local.get $red) (local.get $green)))
      (local.set $tail (i8x16.narrow_i16x8_u (local.get $tail) (local.get $tail)))
      (v128.store (local.get $at)
        (i8x16.shuffle 0 8 16 1 9 17 2 10 18 3 11 19 4 12 20 5 (local.get $head) (local.get $tail)))
      (v128.store64_lane offset=16 0 (local.get $at)
        (i8x16.shuffle 13 21 6 14 22 7 15 23 0 0 0 0 0 0 0 0 (local.get $head) (local.get $tail)))
      (local.set $at (i32.add (local.get $at) (i32.const 24)))
      (br_if $next (local.tee $groups (i32.sub (local.get $groups) (i32.const 1))))))

  ;; The same factor and offset for every byte, in place, for $groups groups of 16 bytes: $factor is half of it times 2^15, $offset has
  ;; five bits after the point. The factor is below 2.
  (func (export "mapLevels") (param $at i32) (param $groups i32) (param $factor i32) (param $offset i32)
    (local $by v128) (local $plus v128)
    (local.set $by (i16x8.splat (local.get $factor)))
    ;; With the half that rounds.
    (local.set $plus (i16x8.splat (i32.add (local.get $offset) (i32.const 16))))
    (loop $next
      (v128.store (local.get $at)
        (i8x16.narrow_i16x8_u
          (i16x8.shr_s
            (i16x8.add
              (i16x8.q15mulr_sat_s (i16x8.shl (v128.load8x8_u (local.get $at)) (i32.const 6)) (local.get $by))
              (local.get $plus))
            (i32.const 5))
          (i16x8.shr_s
            (i16x8.add
              (i16x8.q15mulr_sat_s (i16x8.shl (v128.load8x8_u offset=8 (local.get $at)) (i32.const 6)) (local.get $by))
              (local.get $plus))
            (i32.const 5))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (local.tee $groups (i32.sub (local.get $groups) (i32.const 1))))))

  ;; The sums of red, green and blue over $groups groups of eight pixels: for each, four i32 at $result that are to be added up.
  (func (export "sumColors") (param $at i32) (param $groups i32) (param $result i32)
    (local $head v128) (local $tail v128) (local $rg v128) (local $blues v128)
    (local $red v128) (local $green v128) (local $blue v128) (local $first v128)
    (local.set $first (i16x8.splat (i32.const 1)))
    (loop $next
      (local.set $head (v128.load (local.get $at)))
      (local.set $tail (v128.load offset=8 (local.get $at)))
      (local.set $rg (i8x16.shuffle 0 3 6 9 12 15 26 29 1 4 7 10 13 24 27 30 (local.get $head) (local.get $tail)))
      (local.set $blues (i8x16.shuffle 2 5 8 11 14 25 28 31 2 5 8 11 14 25 28 31 (local.get $head) (local.get $tail)))
      (local.set $red
        (i32x4.add (local.get $red)
          (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $rg)) (local.get $first))))
      (local.set $green
        (i32x4.add (local.get $green)
          (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $rg)) (local.get $first))))
      (local.set $blue
        (i32x4.add (local.get $blue)
          (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $blues)) (local.get $first))))
      (local.set $at (i32.add (local.get $at) (i32.const 24)))
      (br_if $next (local.tee $groups (i32.sub (local.get $groups) (i32.const 1)))))
    (v128.store (local.get $result) (local.get $red))
    (v128.store offset=16 (local.get $result) (local.get $green))
    (v128.store offset=32 (local.get $result) (local.get $blue)))

  ;; Bilinear enlargement. $rows has, for each output row, the addresses of its two source rows and the weight of the second one
  ;; (i32 each, the weight times 2^15); $columns has, for each pair of output pixels, the offsets of the two source pixels of the
  ;; first and of the second one in $line (i32 each), and eight weights (i16 times 2^15). $line is scratch, i16[source width, 3]
  ;; with six bits after the point; $groups is its length in eights.
  (func (export "enlarge")
    (param $to i32) (param $height i32) (param $pairs i32) (param $rowBytes i32)
    (param $rows i32) (param $columns i32) (param $line i32) (param $groups i32)
    (local $y i32) (local $i i32) (local $upper i32) (local $lower i32) (local $weight v128)
    (local $a v128) (local $b v128) (local $out i32) (local $column i32) (local $round v128)
    (local.set $round (i16x8.splat (i32.const 32)))
    (loop $row
      (local.set $upper (i32.load (local.get $rows)))
      (local.set $lower (i32.load offset=4 (local.get $rows)))
      (local.set $weight (i16x8.splat (i32.load offset=8 (local.get $rows))))
      (local.set $rows (i32.add (local.get $rows) (i32.const 12)))
      (local.set $i (i32.const 0))
      (local.set $out (local.get $line))
      (loop $vertical
        (local.set $a (i16x8.shl (v128.load8x8_u (local.get $upper)) (i32.const 6)))
        (local.set $b (i16x8.shl (v128.load8x8_u (local.get $lower)) (i32.const 6)))
        (v128.store (local.get $out)
          (i16x8.add (local.get $a)
            (i16x8.q15mulr_sat_s (i16x8.sub (local.get $b) (local.get $a)) (local.get $weight))))
        (local.set $upper (i32.add (local.get $upper) (i32.const 8)))
        (local.set $lower (i32.add (local.get $lower) (i32.const 8)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (br_if $vertical (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $groups))))
      (local.set $i (i32.const 0))
      (local.set $column (local.get $columns))
      (local.set $out (local.get $to))
      (loop $horizontal
        (local.set $a (v128.load64_lane 1 (i32.load offset=8 (local.get $column))
          (v128.load64_zero (i32.load (local.get $column)))))
        (local.set $b (v128.load64_lane 1 (i32.load offset=12 (local.get $column))
          (v128.load64_zero (i32.load offset=4 (local.get $column)))))
        (local.set $a
          (i16x8.shr_s
            (i16x8.add
              (i16x8.add (local.get $a)
                (i16x8.q15mulr_sat_s (i16x8.sub (local.get $b) (local.get $a)) (v128.load offset=16 (local.get $column))))
              (local.get $round))
            (i32.const 6)))
        (local.set $a (i8x16.narrow_i16x8_u (local.get $a) (local.get $a)))
        (v128.store32_lane 0 (local.get $out) (local.get $a))
        (v128.store32_lane offset=3 1 (local.get $out) (local.get $a))
        (local.set $out (i32.add (local.get $out) (i32.const 6)))
        (local.set $column (i32.add (local.get $column) (i32.const 32)))
        (br_if $horizontal (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $pairs))))
      (local.set $to (i32.add (local.get $to) (local.get $rowBytes)))
      (br_if $row (i32.lt_u (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $height)))))

  ;; Resampling with any number of taps. $rows has, for each output row, $rowTaps times the address of a source row and its weight;
  ;; $columns has, for each output pixel, $columnTaps times the offset of a source pixel in $line and its weight (i32 each, weights
  ;; times 2^14). $line is scratch as in `enlarge`; $pixelBytes is 1 or 3.
  (func (export "resample")
    (param $to i32) (param $height i32) (param $width i32) (param $rowBytes i32) (param $pixelBytes i32)
    (param $rows i32) (param $rowTaps i32) (param $columns i32) (param $columnTaps i32) (param $line i32) (param $groups i32)
    (local $i i32) (local $tap i32) (local $entry i32) (local $out i32) (local $skip i32)
    (local $low v128) (local $high v128) (local $levels v128) (local $weight v128)
    (loop $row
      (local.set $i (local.get $groups))
      (local.set $out (local.get $line))
      (local.set $skip (i32.const 0))
      (loop $vertical
        (local.set $low (i32x4.splat (i32.const 128)))
        (local.set $high (local.get $low))
        (local.set $tap (local.get $rowTaps))
        (local.set $entry (local.get $rows))
        (loop $add
          (local.set $levels (v128.load8x8_u (i32.add (i32.load (local.get $entry)) (local.get $skip))))
          (local.set $weight (v128.load16_splat offset=4 (local.get $entry)))
          (local.set $low (i32x4.add (local.get $low) (i32x4.extmul_low_i16x8_s (local.get $levels) (local.get $weight))))
          (local.set $high (i32x4.add (local.get $high) (i32x4.extmul_high_i16x8_s (local.get $levels) (local.get $weight))))
          (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
          (br_if $add (local.tee $tap (i32.sub (local.get $tap) (i32.const 1)))))
        (v128.store (local.get $out)
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (local.get $low) (i32.const 8))
            (i32x4.shr_s (local.get $high) (i32.const 8))))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (local.set $skip (i32.add (local.get $skip) (i32.const 8)))
        (br_if $vertical (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (local.set $i (local.get $width))
      (local.set $entry (local.get $columns))
      (local.set $out (local.get $to))
      (loop $horizontal
        (local.set $low (i32x4.splat (i32.const 0x80000)))
        (local.set $tap (local.get $columnTaps))
        (loop $add
          (local.set $low
            (i32x4.add (local.get $low)
              (i32x4.extmul_low_i16x8_s
                (v128.load64_zero (i32.add (i32.load (local.get $entry)) (local.get $line)))
                (v128.load16_splat offset=4 (local.get $entry)))))
          (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
          (br_if $add (local.tee $tap (i32.sub (local.get $tap) (i32.const 1)))))
        (local.set $low (i32x4.shr_s (local.get $low) (i32.const 20)))
        (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $low)))
        (v128.store32_lane 0 (local.get $out) (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
        (local.set $out (i32.add (local.get $out) (local.get $pixelBytes)))
        (br_if $horizontal (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (local.set $rows (i32.add (local.get $rows) (i32.shl (local.get $rowTaps) (i32.const 3))))
      (local.set $to (i32.add (local.get $to) (local.get $rowBytes)))
      (br_if $row (local.tee $height (i32.sub (local.get $height) (i32.const 1))))))

  ;; Weighted sums of bytes that are $step apart, for $groups groups of eight bytes: $weights has $taps times i32, which add up to 256.
  (func (export "convolve")
    (param $from i32) (param $to i32) (param $groups i32) (param $step i32) (param $weights i32) (param $taps i32)
    (local $sum v128) (local $tap i32) (local $at i32)
    (loop $next
      (local.set $sum (i16x8.splat (i32.const 128)))
      (local.set $tap (i32.const 0))
      (local.set $at (local.get $from))
      (loop $add
        (local.set $sum
          (i16x8.add (local.get $sum)
            (i16x8.mul (v128.load8x8_u (local.get $at))
              (i16x8.splat (i32.load (i32.add (local.get $weights) (i32.shl (local.get $tap) (i32.const 2))))))))
        (local.set $at (i32.add (local.get $at) (local.get $step)))
        (br_if $add (i32.lt_u (local.tee $tap (i32.add (local.get $tap) (i32.const 1))) (local.get $taps))))
      (local.set $sum (i16x8.shr_u (local.get $sum) (i32.const 8)))
      (v128.store64_lane 0 (local.get $to) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (br_if $next (local.tee $groups (i32.sub (local.get $groups) (i32.const 1)))))))
