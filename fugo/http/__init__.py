"""Doors of 機関別符号: 情報提供NWS, systems of insurers, operators."""
