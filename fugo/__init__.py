"""機関別符号: one code per person across all insurers, asked for at 住基ネット and brought by 情報提供NWS."""
