/** Two short sounds, told apart with eyes closed: high and single, low and double. */
let context

function tone(frequency, start, length) {
  const sound = context.createOscillator()
  const level = context.createGain()
  sound.type = 'square'
  sound.frequency.value = frequency
  level.gain.setValueAtTime(0.08, context.currentTime + start)
  level.gain.exponentialRampToValueAtTime(0.001, context.currentTime + start + length)
  sound.connect(level).connect(context.destination)
  sound.start(context.currentTime + start)
  sound.stop(context.currentTime + start + length)
}

export function play(name) {
  try {
    context ??= new AudioContext()
    if (context.state === 'suspended') context.resume()
    if (name === 'good') tone(1800, 0, 0.08)
    else {
      tone(220, 0, 0.16)
      tone(180, 0.2, 0.22)
    }
  } catch {
    // No sound card: the flash and the words remain.
  }
}
