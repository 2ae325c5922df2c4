"""The actions; a class with a card in any module here registers by existing."""
