"""Stand-in for 情報提供ネットワークシステム: コアシステム makes codes, インターフェイスシステム brings them."""
