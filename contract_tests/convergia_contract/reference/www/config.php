<?php
// What this gateway is to be: written by gateway.py, one JSON file per run.
error_reporting(0);
define('CONFIG', json_decode(file_get_contents(getenv('CONVERGIA_REFERENCE_CONFIG')), true));
