// Till keys and scanner. Shared behaviour comes from app.js, loaded before this file.
import './till/keys.js'
import './till/sale.js'
import './till/tally.js'
import './till/setup.js'
import './till/paper.js'
import './till/refresh.js'
